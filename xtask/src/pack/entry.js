// What Trunk's loader calls: starts the program and, once it shows something, loads the deferred
// part of it.
//
// The element that says where that part is tells what comes of it, as a script's would: by an event
// `load` or `error`, and by its attribute `data-loaded`. After an error, a click on it tries again.
import init from "./glue.js";

export default async (options) => {
  const wasm = await init(options);
  const part = document.querySelector("meta[name=agent-activity-deferred]");
  const load = async () => {
    part.onclick = null;
    let end = "load";
    try {
      const answer = fetch(part.content, { integrity: part.dataset.integrity });
      await WebAssembly.instantiateStreaming(answer, { p: wasm });
      part.dataset.loaded = "";
    } catch (error) {
      console.warn(error);
      part.onclick = load;
      end = "error";
    }
    part.dispatchEvent(new Event(end));
  };
  load();
  return wasm;
};
