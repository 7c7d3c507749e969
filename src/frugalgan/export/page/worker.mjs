// Runs the model whose file is in its own address behind a ?, beside the page, so that the page never freezes.
import * as ort from "./ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
ort.env.wasm.numThreads = 1;

let session;
try {
  session = await ort.InferenceSession.create(new URL(location.search.slice(1), import.meta.url).href);
  postMessage({ ready: true });
} catch (error) {
  postMessage({ error: String(error.message ?? error) });
}

onmessage = async ({ data: { id, z, label, domain } }) => {
  try {
    const given = { z: new ort.Tensor("float32", z, [1, z.length]) };
    if (session.inputNames.includes("label")) {
      given.label = new ort.Tensor("int64", BigInt64Array.of(BigInt(label)), [1]);
    }
    if (session.inputNames.includes("domain")) {
      given.domain = new ort.Tensor("float32", Float32Array.from(domain), [domain.length]);
    }
    const begun = performance.now();
    const { image } = await session.run(given);
    const milliseconds = performance.now() - begun;
    const [, channels, side] = image.dims;
    const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
    for (let i = 0; i < side * side; i += 1) {
      for (let c = 0; c < 3; c += 1) {
        pixels[4 * i + c] = (image.data[(channels === 3 ? c : 0) * side * side + i] + 1) * 127.5;
      }
    }
    postMessage({ id, pixels, milliseconds });
  } catch (error) {
    postMessage({ error: String(error.message ?? error) });
  }
};
