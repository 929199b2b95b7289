// A browser whose sockets and requests are a test's own, and which keeps count of what is pending.

const real = {
  WebSocket: window.WebSocket,
  ResizeObserver: window.ResizeObserver,
  BroadcastChannel: window.BroadcastChannel,
  MessageChannel: window.MessageChannel,
  Notification: window.Notification,
  setTimeout: window.setTimeout.bind(window),
  clearTimeout: window.clearTimeout.bind(window),
  setInterval: window.setInterval.bind(window),
  clearInterval: window.clearInterval.bind(window),
  requestAnimationFrame: window.requestAnimationFrame.bind(window),
  cancelAnimationFrame: window.cancelAnimationFrame.bind(window),
  addEventListener: EventTarget.prototype.addEventListener,
  removeEventListener: EventTarget.prototype.removeEventListener,
};
const realClocks = { date: Date.now, performance: performance.now.bind(performance) };
const realUrls = { create: URL.createObjectURL, revoke: URL.revokeObjectURL };
const realClick = HTMLAnchorElement.prototype.click;
const address = location.href;

let sockets, refusal, isReal, timers, fired, frames, listeners, observers, answers, requests, failures;
let haste, files, saved, channels, tasks, notices, permission, asked;

// Nothing of a test that failed may reach into the one after it: it could not tidy up.
function forget() {
  for (const id of timers ?? []) real.clearTimeout(id);
  for (const id of frames ?? []) real.cancelAnimationFrame(id);
  for (const observer of observers ?? []) observer.disconnect();
  for (const channel of channels ?? []) {
    if (channel instanceof real.BroadcastChannel) channel.close();
  }
  for (const { target, type, listener } of (listeners ?? new Map()).values()) {
    real.removeEventListener.call(target, type, listener);
  }
  delete document.visibilityState;
  delete navigator.onLine;
  delete navigator.locks;
  sockets = [];
  refusal = undefined;
  isReal = false;
  timers = new Set();
  fired = 0;
  frames = new Set();
  listeners = new Map();
  observers = new Set();
  channels = new Set();
  tasks = undefined;
  answers = new Map();
  requests = [];
  failures = [];
  haste = 1;
  files = new Map();
  saved = [];
  notices = new Set();
  permission = { now: "default", whenAsked: "granted" };
  asked = 0;
}
forget();

// What nobody catches: callbacks that throw, promises that fail.
real.addEventListener.call(window, "error", (event) => failures.push(event.message));
real.addEventListener.call(window, "unhandledrejection", (event) => failures.push(`${event.reason}`));

// A WebSocket (https://websockets.spec.whatwg.org/#the-websocket-interface) whose server is a test.
export class FakeSocket {
  constructor(url) {
    if (refusal) throw new DOMException("refused by the browser", refusal);
    if (isReal) return new real.WebSocket(url);
    Object.assign(this, { url, readyState: 0, binaryType: "blob", bufferedAmount: 0 });
    Object.assign(this, { onopen: null, onmessage: null, onerror: null, onclose: null });
    Object.assign(this, { sent: [], closeCode: undefined, isBreaking: false });
    sockets.push(this);
  }

  send(data) {
    if (this.readyState === 0) throw new DOMException("not open yet", "InvalidStateError");
    if (this.isBreaking) this.readyState = 2;
    if (this.readyState === 1) this.sent.push(data);
  }

  close(code) {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`a page cannot close with ${code}`, "InvalidAccessError");
    }
    if (this.readyState >= 2) return;
    this.closeCode = code;
    this.readyState = 2;
  }

  // What the server does. As in a browser, whoever is attached when it happens hears of it.
  accept() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  receive(data) {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  receiveBytes(count) {
    this.receive(new ArrayBuffer(count));
  }

  // An event as those have who put sockets of their own in the place of the browser's.
  receiveForeign(data) {
    this.onmessage?.({ type: "message", data });
  }

  // One after the other within one task, with room for what each of them leads to.
  async receiveAll(texts) {
    for (const text of texts) {
      this.receive(text);
      await null;
    }
  }

  // The connection is about to end: nothing can be sent, and the close is still to be reported.
  beginEnd() {
    this.readyState = 2;
  }

  // The next frame is too much for the browser: it closes over it.
  breakAtSend() {
    this.isBreaking = true;
  }

  // As browsers do before a close: the event has no message.
  fail() {
    this.onerror?.(new Event("error"));
  }

  end(code) {
    this.readyState = 3;
    this.onclose?.(new CloseEvent("close", { code, wasClean: code !== 1006 }));
  }

  get isLive() {
    return this.readyState < 2;
  }

  get handlers() {
    return [this.onopen, this.onmessage, this.onerror, this.onclose].filter(Boolean).length;
  }
}
for (const [name, value] of Object.entries({ CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 })) {
  FakeSocket[name] = FakeSocket.prototype[name] = value;
}

class CountedObserver extends real.ResizeObserver {
  observe(element, options) {
    observers.add(this);
    super.observe(element, options);
  }

  disconnect() {
    observers.delete(this);
    super.disconnect();
  }
}

class CountedChannel extends real.BroadcastChannel {
  constructor(name) {
    super(name);
    channels.add(this);
  }

  close() {
    channels.delete(this);
    super.close();
  }
}

// A way to ask for a task. It is run at once, unless the test wants to say when.
class TaskChannel {
  constructor() {
    channels.add(this);
    this.port1 = { onmessage: null, close: () => void channels.delete(this) };
    const run = () => this.port1.onmessage?.(new MessageEvent("message"));
    this.port2 = { postMessage: () => void (tasks ? tasks.push(run) : run()), close() {} };
  }
}

// A request that is answered with what the test has set, in a later turn; 404 without that, and not
// before the test says so when it has set `null`.
class FakeRequest {
  status = 0;
  responseText = "";
  onloadend = null;
  headers = {};
  isUnderWay = false;

  open(method, path) {
    this.asked = { method, path };
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send() {
    requests.push(this);
    this.isUnderWay = true;
    const answer = answers.get(this.asked.path);
    if (answer !== null) real.setTimeout(() => this.answer(answer), 0);
  }

  answer(body) {
    if (!this.isUnderWay) return;
    this.status = body === undefined ? 404 : 200;
    this.responseText = body ?? "{}";
    this.end();
  }

  abort() {
    if (this.isUnderWay) this.end();
  }

  end() {
    this.isUnderWay = false;
    this.onloadend?.();
  }
}

// A Notification (https://notifications.spec.whatwg.org/#api) that nobody sees.
class FakeNotification {
  static get permission() {
    return permission.now;
  }

  static requestPermission(answered) {
    asked += 1;
    real.setTimeout(() => {
      permission.now = permission.whenAsked;
      answered(permission.now);
    }, 0);
    return Promise.resolve();
  }

  constructor(title, { body }) {
    Object.assign(this, { title, body });
    notices.add(this);
  }

  close() {
    notices.delete(this);
  }
}

// Puts the test's browser in place of the real one, with nothing pending.
export function take() {
  forget();
  window.WebSocket = FakeSocket;
  window.ResizeObserver = CountedObserver;
  window.BroadcastChannel = CountedChannel;
  window.MessageChannel = TaskChannel;
  window.Notification = FakeNotification;
  // Most tests have one page, which is to open its socket at once, without waiting for a lock.
  pretend(navigator, "locks", undefined);
  window.XMLHttpRequest = FakeRequest;
  URL.createObjectURL = (file) => {
    const url = realUrls.create.call(URL, file);
    files.set(url, file);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    files.delete(url);
    realUrls.revoke.call(URL, url);
  };
  HTMLAnchorElement.prototype.click = function () {
    if (this.download) saved.push({ name: this.download, file: files.get(this.href) });
    else realClick.call(this);
  };
  const counted = (arm, cancel, pending, isRepeated) => [
    (callback, wait, ...rest) => {
      const id = arm((...values) => {
        if (!isRepeated) pending.delete(id);
        fired += 1;
        callback(...values);
      }, wait / haste, ...rest);
      pending.add(id);
      return id;
    },
    (id) => {
      pending.delete(id);
      cancel(id);
    },
  ];
  [window.setTimeout, window.clearTimeout] =
    counted(real.setTimeout, real.clearTimeout, timers, false);
  [window.setInterval, window.clearInterval] =
    counted(real.setInterval, real.clearInterval, timers, true);
  [window.requestAnimationFrame, window.cancelAnimationFrame] =
    counted(real.requestAnimationFrame, real.cancelAnimationFrame, frames, false);
  EventTarget.prototype.addEventListener = function (type, listener, ...rest) {
    const target = this ?? window;
    listeners.set(keyOf(target, type, listener), { target, type, listener });
    real.addEventListener.call(target, type, listener, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, ...rest) {
    const target = this ?? window;
    listeners.delete(keyOf(target, type, listener));
    real.removeEventListener.call(target, type, listener, ...rest);
  };
}

// Lets time pass so many times as fast, for clocks and for timers that are armed from now on.
export function hasten(times) {
  const [date, sinceStart] = [realClocks.date(), realClocks.performance()];
  haste = times;
  Date.now = () => Math.floor(date + (realClocks.date() - date) * times);
  performance.now = () => sinceStart + (realClocks.performance() - sinceStart) * times;
}

// The same for the same three, and for no others.
const numbers = new WeakMap();
let lastNumber = 0;
function keyOf(target, type, listener) {
  const numberOf = (object) => {
    if (!numbers.has(object)) numbers.set(object, ++lastNumber);
    return numbers.get(object);
  };
  return `${numberOf(target)} ${type} ${numberOf(listener)}`;
}

// Puts the real browser back.
export function giveBack() {
  Date.now = realClocks.date;
  delete performance.now;
  Object.assign(URL, { createObjectURL: realUrls.create, revokeObjectURL: realUrls.revoke });
  HTMLAnchorElement.prototype.click = realClick;
  const { addEventListener, removeEventListener, ...rest } = real;
  Object.assign(EventTarget.prototype, { addEventListener, removeEventListener });
  Object.assign(window, rest);
  history.replaceState(null, "", address);
}

export const allSockets = () => [...sockets];
// The name of the exception that new sockets end with, if they are to.
export const refuseSockets = (name) => void (refusal = name);
export const answer = (path, body) => void answers.set(path, body);
export const holdAnswer = (path) => void answers.set(path, null);
// From now on tasks are run when the test says so, which is told how many there were.
export const holdTasks = () => void (tasks = []);
export const runTasks = () => tasks.splice(0).map((run) => run()).length;
export const requested = () => requests.map(({ asked }) => `${asked.method} ${asked.path}`);
export const headerOf = (index, name) => requests[index].headers[name];
export const requestsUnderWay = () => requests.filter((request) => request.isUnderWay).length;
export const useRealSockets = () => void (isReal = true);
// From now on sockets may be shared, by the browser's own locks and channels.
export const letShare = () => delete navigator.locks;
// Whether a lock is held or waited for.
export async function isLocked() {
  const { held, pending } = await navigator.locks.query();
  return held.length + pending.length > 0;
}
export const timersFired = () => fired;
// The name, type and text of each file that the page let somebody save.
export const savedFiles = () =>
  Promise.all(saved.map(async ({ name, file }) => [name, file.type, await file.text()]));
export const goTo = (query) => history.replaceState(null, "", query);

// What happens to the page. As in a browser, what is asked says so before the event does.
function pretend(object, name, value) {
  Object.defineProperty(object, name, { configurable: true, get: () => value });
}

export function setVisible(isVisible) {
  pretend(document, "visibilityState", isVisible ? "visible" : "hidden");
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}

export function setOnline(isOnline) {
  pretend(navigator, "onLine", isOnline);
  window.dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

// The page is about to be left, and whoever is asked may still stay; whether somebody objected.
export const beginToLeave = () =>
  !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
export const leave = (persisted) =>
  void window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted }));
export const comeBack = (persisted) =>
  void window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted }));
export const freeze = () => void document.dispatchEvent(new Event("freeze", { bubbles: true }));
export const thaw = () => void document.dispatchEvent(new Event("resume", { bubbles: true }));

export const violate = (effectiveDirective, blockedURI, disposition) =>
  void document.dispatchEvent(
    new SecurityPolicyViolationEvent("securitypolicyviolation", {
      bubbles: true, effectiveDirective, violatedDirective: effectiveDirective, blockedURI, disposition,
      documentURI: location.href, originalPolicy: "", statusCode: 200,
    }));

// Forbids real sockets from now on and for good: a policy cannot be
// taken back. No other test opens a real socket.
export function forbidSockets() {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "connect-src http: https: blob: data:";
  document.head.append(policy);
}

// All that a component could have left behind, in words; empty when there is nothing.
export function leftovers() {
  const left = [];
  const note = (count, what) => count > 0 && left.push(`${count} ${what}`);
  note(sockets.filter((socket) => socket.isLive).length, "live sockets");
  note(sockets.reduce((sum, socket) => sum + socket.handlers, 0), "handlers on sockets");
  note(timers.size, "timers");
  note(frames.size, "frames");
  note(listeners.size, "listeners");
  note(requestsUnderWay(), "requests");
  note(observers.size, "observers");
  note(channels.size, "channels");
  note(files.size, "files");
  note(notices.size, "notifications");
  return left.concat(failures).join(", ");
}

export const failed = () => failures.join(", ");

export const realNow = () => realClocks.performance();

export const pass = (milliseconds) =>
  new Promise((resolve) => real.setTimeout(resolve, milliseconds));

// Lets the browser paint what is to be painted.
export const painted = () =>
  new Promise((resolve) => {
    real.requestAnimationFrame(() =>
      real.requestAnimationFrame(() => real.setTimeout(resolve, 0)));
  });

export function wear(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}

export const all = (root, selector) => [...root.querySelectorAll(selector)];
export const isVisible = (element) => element.checkVisibility({ visibilityProperty: true });
export const box = (element) => {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return [top, bottom, left, right];
};

// Records how often an attribute of an element is written.
export class Writes {
  constructor(element, attribute) {
    this.values = [];
    this.observer = new MutationObserver((records) => {
      for (const _ of records) this.values.push(element.getAttribute(attribute));
    });
    this.observer.observe(element, { attributeFilter: [attribute] });
  }

  get count() {
    return this.values.length;
  }
}

// What people do with a text field.
export const write = (field, text) => void (field.value = text);
export const written = (field) => field.value;
// Puts a value into a field and has the browser say so, by an event of this name.
export function enter(field, value, event) {
  field.value = value;
  field.dispatchEvent(new Event(event, { bubbles: true }));
}
export const permit = (now, whenAsked) => Object.assign(permission, { now, whenAsked });
export const permissionAsked = () => asked;
export const noticesShown = () => [...notices].map(({ title, body }) => `${title}: ${body}`);
export function choose(field, name, text) {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  field.files = transfer.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
export function press(element, key, init) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  return element.dispatchEvent(event);
}
