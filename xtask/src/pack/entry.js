// What the page loads: starts the program, which asks for the deferred part of it, with the styles of
// that, by a click on the element that says where it is. Where the program is, the page says by what
// it has a browser load ahead.
//
// That element tells what comes of it, as a script's would: by an event `load` or `error`, and by its
// attribute `data-loaded`. After an error, another click tries again.
import init from "./glue.js";

const program = document.querySelector('link[rel=preload][type="application/wasm"]');
const started = init({ module_or_path: program.href });
const part = document.querySelector("meta[name=agent-activity-deferred]");
const load = async () => {
  part.onclick = null;
  let end = "load";
  const { integrity, style, styleIntegrity } = part.dataset;
  const sheet = document.createElement("link");
  try {
    const styled = new Promise((resolve, reject) => {
      Object.assign(sheet, { rel: "stylesheet", href: style, integrity: styleIntegrity });
      sheet.onload = resolve;
      sheet.onerror = () => reject(style);
    });
    document.head.append(sheet);
    const loads = [started, fetch(part.content, { integrity }), styled];
    const [wasm, answer] = await Promise.all(loads);
    await WebAssembly.instantiateStreaming(answer, { p: wasm });
    part.dataset.loaded = "";
  } catch (error) {
    console.warn(error);
    sheet.remove();
    part.onclick = load;
    end = "error";
  }
  part.dispatchEvent(new Event(end));
};
part.onclick = load;
