// What a socket was told, kept until all of it is read at one go.
//
// To read one message takes WebAssembly eight calls into the browser, however short it is. With a
// stream of small ones these calls, and what follows on each of them, were half of what the page
// itself did.

const encoder = new TextEncoder();

// The most bytes of a unit of UTF-16 in UTF-8.
const UNIT_BYTES_MAX = 3;

// The most bytes that are kept for the next texts. What many need beyond is given back.
const KEPT_BYTES_MAX = 1 << 20;

export class Arrivals {
  #socket;
  #texts = [];
  // Where they are encoded: in bytes that are there already, it takes a third of the time.
  #bytes = new Uint8Array();
  // A message to oneself is a task. Timers are none: browsers make them wait for 4 ms when they are
  // armed again and again (HTML standard, timer initialisation steps), and up to a minute in pages
  // that nobody looks at.
  #task = new MessageChannel();

  // Keeps what the socket is told from now on. `arrived` is called in a task after the first of it.
  constructor(socket, arrived) {
    this.#socket = socket;
    this.#task.port1.onmessage = () => arrived();
    socket.onmessage = ({ data }) => {
      // The protocol has text frames only; a binary one becomes words that say what came.
      const text = typeof data === "string" ? data : "a binary frame";
      if (this.#texts.push(text) === 1) this.#task.port2.postMessage(null);
    };
  }

  // The bytes of all texts that were not taken yet, with `separator` between them, to be copied
  // before the next call; `undefined` when there are none. Where a text has the separator in it, its
  // code point is written out.
  take(separator) {
    if (this.#texts.length === 0) return undefined;
    const code = separator.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const texts = this.#texts.map((text) => text.replaceAll(separator, `U+${code}`));
    this.#texts = [];
    const joined = texts.join(separator);
    const room = joined.length * UNIT_BYTES_MAX;
    const bytes = this.#bytes.length < room ? new Uint8Array(room) : this.#bytes;
    if (bytes.length <= KEPT_BYTES_MAX) this.#bytes = bytes;
    const { written } = encoder.encodeInto(joined, bytes);
    return bytes.subarray(0, written);
  }

  // Keeps nothing from now on, and calls nobody.
  close() {
    this.#socket.onmessage = null;
    this.#task.port1.onmessage = null;
    this.#task.port1.close();
    this.#task.port2.close();
  }
}
