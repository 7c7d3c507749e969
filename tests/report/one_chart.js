// Draws one chart (argv 3, Vega-Lite) with the script of argv 2, and prints how many lines it has.
globalThis.window = globalThis;
// As much of a page as one chart needs: elements that take everything.
const element = () => new Proxy(function () {}, {
  get: (own, name) => name in own ? own[name] : name === Symbol.toPrimitive ? () => "" : element(),
  set: (own, name, value) => ((own[name] = value), true),
  apply: () => element(),
});
globalThis.document = element();
globalThis.Element = globalThis.HTMLElement = globalThis.ShadowRoot = class {};
require(process.argv[2]);
const spec = JSON.parse(process.argv[3]);
vegaEmbed(element(), spec, {renderer: "none", actions: false, tooltip: false, hover: false})
  .then(({view}) => view.toSVG()).then(svg => console.log(svg.split("mark-line").length - 1))
  .catch(e => {console.error(e); process.exit(1)});
