const root = document.querySelector('[data-entries]');
const line = document.querySelector('p');
/** What was received, for a search to go over. */
const entries = [];
let seq = 0;
let isAsked = false;
let isEnded = false;

function paint() {
  isAsked = false;
  line.textContent = entries.at(-1).message;
  root.dataset.entries = entries.length;
}

function take(event) {
  if (!event.seq || event.seq <= seq) return;
  seq = event.seq;
  entries.push(event);
  isEnded ||= event.type === 'complete';
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(paint);
}

function connect() {
  const { host, search } = location;
  const session = new URLSearchParams(search).get('session');
  const socket = new WebSocket(`ws://${host}/ws/strategy/progress/${session}?after=${seq}`);
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (Array.isArray(message)) message.forEach(take);
    else take(message);
  };
  socket.onclose = () => {
    if (!isEnded) setTimeout(connect, 100);
  };
}

connect();

/** How many entries have this word in their message or their agent, in any case. */
globalThis.search = (word) => {
  const wanted = word.toLowerCase();
  let found = 0;
  for (const { message, agent } of entries) {
    if (message.toLowerCase().includes(wanted) || agent.toLowerCase().includes(wanted)) found += 1;
  }
  return found;
};
