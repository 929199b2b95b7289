// Runs in the page before anything of the page does, and looks at it once a frame.
(() => {
  const MARKER = '__MARKER__';
  const frames = [];
  const tasks = [];
  const errors = [];
  const memories = new Set();
  let settle;
  const done = new Promise((resolve) => (settle = resolve));

  addEventListener('error', ({ message }) => errors.push(message));
  addEventListener('unhandledrejection', ({ reason }) => errors.push(String(reason)));
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) tasks.push({ startTime, duration });
  }).observe({ type: 'longtask', buffered: true });

  // What a module of WebAssembly keeps is in no figure of the JavaScript heap.
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (source, imports) => {
      const made = await original.call(WebAssembly, source, imports);
      const exported = Object.values((made.instance ?? made).exports);
      const imported = Object.values(imports ?? {}).flatMap((module) => Object.values(module));
      for (const it of [...exported, ...imported]) {
        if (it instanceof WebAssembly.Memory) memories.add(it);
      }
      return made;
    };
  }

  /** Whether the row of the last event is seen: in the log's box, with something of it to look at. */
  const isShown = () => {
    const log = document.querySelector('[role="log"]');
    if (!log?.textContent.includes(MARKER)) return false;
    const texts = document.createTreeWalker(log, NodeFilter.SHOW_TEXT);
    while (texts.nextNode() && !texts.currentNode.data.includes(MARKER));
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const [row, box] = [range.getBoundingClientRect(), log.getBoundingClientRect()];
    const height = Math.min(row.bottom, box.bottom, innerHeight) - Math.max(row.top, box.top, 0);
    return row.width > 0 && height > 4;
  };

  // After the frame is painted: what is looked at then has its layout already.
  const { port1, port2 } = new MessageChannel();
  let isDone = false;
  port1.onmessage = () => {
    if (isDone || !isShown()) return;
    isDone = true;
    settle(performance.now());
  };
  const frame = (at) => {
    frames.push(at);
    if (!isDone) port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  globalThis.bench = {
    /** When the last event was seen. */
    done,
    /** What was noted between two times. */
    between(from, to) {
      const gaps = frames.slice(1).map((at, index) => ({ from: frames[index], to: at }));
      return {
        gaps: gaps.filter((gap) => gap.to > from && gap.from < to).map((gap) => gap.to - gap.from),
        tasks: tasks
          .filter(({ startTime, duration }) => startTime + duration > from && startTime < to)
          .map(({ duration }) => duration),
        errors,
        wasmBytes: [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
        // Only of pages that say so.
        entries: document.querySelector('[data-entries]')?.dataset.entries ?? null,
      };
    },
  };
})();
