// The page of `axir viz`: draws the program at the chosen stage, pans and zooms, and follows ops through passes.
"use strict";

const HEIGHT = 30;
const SVG = "http://www.w3.org/2000/svg";

/** Nodes of a stage that were made from the op with number `origin`. */
function madeFrom(stage, origin) {
  return origin === null ? [] : stage.graph.nodes.filter((n) => n.origin === origin);
}

/** The view box [x, y, width, height] after zooming by `factor` around the point (x, y). */
function zoomed(box, x, y, factor) {
  return [x - (x - box[0]) * factor, y - (y - box[1]) * factor, box[2] * factor, box[3] * factor];
}

/** Nodes whose line or source contains a text. */
function matching(stage, text) {
  const wanted = text.toLowerCase();
  return stage.graph.nodes.filter((n) => wanted && (n.text + " " + n.source).toLowerCase().includes(wanted));
}

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function start(data) {
  const svg = document.getElementById("graph");
  const panel = document.getElementById("details");
  const chooser = document.getElementById("stage");
  let current = 0;
  let box = [0, 0, 100, 100];
  let chosen = null;

  const setBox = (next) => {
    box = next;
    svg.setAttribute("viewBox", box.join(" "));
  };

  const fit = () => {
    const graph = data.stages[current].graph;
    setBox([-20, 0, graph.width + 40, graph.height + 20]);
  };

  function draw() {
    const graph = data.stages[current].graph;
    svg.replaceChildren();
    for (const [title, x] of graph.titles) {
      svg.append(element("text", { x, y: 18, class: "title" }, title));
    }
    for (const edge of graph.edges) {
      const path = element("path", { d: edge.path, class: edge.inner ? "edge inner" : "edge" });
      path.dataset.from = edge.source;
      path.dataset.to = edge.target;
      path.append(element("title", {}, edge.type));
      svg.append(path);
    }
    for (const node of graph.nodes) svg.append(drawn(node));
    mark();
  }

  function drawn(node) {
    const group = element("g", { class: "node", tabindex: 0 });
    group.dataset.number = node.number;
    group.append(
      element("rect", {
        x: node.x - node.width / 2,
        y: node.y - HEIGHT / 2,
        width: node.width,
        height: HEIGHT,
        rx: 5,
        fill: data.colours[node.kind],
      }),
      element("text", { x: node.x, y: node.y + 4, "text-anchor": "middle" }, node.label)
    );
    group.addEventListener("click", () => select(node.number));
    group.addEventListener("keydown", (event) => event.key === "Enter" && select(node.number));
    return group;
  }

  function mark() {
    const found = new Set(matching(data.stages[current], document.getElementById("search").value).map((n) => n.number));
    for (const group of svg.querySelectorAll(".node")) {
      const number = Number(group.dataset.number);
      group.classList.toggle("chosen", number === chosen);
      group.classList.toggle("found", found.has(number));
    }
    for (const path of svg.querySelectorAll(".edge")) {
      const touches = Number(path.dataset.from) === chosen || Number(path.dataset.to) === chosen;
      path.classList.toggle("chosen", touches);
    }
  }

  function select(number) {
    chosen = number;
    mark();
    const node = data.stages[current].graph.nodes[number];
    panel.replaceChildren();
    const add = (name, text, owner = panel) => {
      const made = document.createElement(name);
      made.textContent = text;
      owner.append(made);
      return made;
    };
    add("h2", node.label);
    add("code", node.text);
    if (node.types.length) add("p", "gives " + node.types.join(", "));
    if (node.place) {
      add("p", "from " + node.place);
      add("code", node.source);
    }
    if (node.origin === null) return;
    add("h3", "after each pass");
    const list = document.createElement("ul");
    panel.append(list);
    data.stages.forEach((stage, at) => {
      const item = add("li", stage.name + ": ", list);
      const made = madeFrom(stage, node.origin);
      if (!made.length) add("em", "nothing", item);
      for (const one of made) {
        const button = add("button", one.label, item);
        button.addEventListener("click", () => show(at, one.number));
      }
    });
  }

  function show(at, number) {
    current = at;
    chooser.value = String(at);
    chosen = null;
    draw();
    fit();
    if (number !== undefined) select(number);
  }

  const point = (event) => {
    const area = svg.getBoundingClientRect();
    const scale = Math.max(box[2] / area.width, box[3] / area.height);
    const left = box[0] + (box[2] - area.width * scale) / 2;
    const top = box[1] + (box[3] - area.height * scale) / 2;
    return [left + (event.clientX - area.left) * scale, top + (event.clientY - area.top) * scale, scale];
  };

  svg.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const [x, y] = point(event);
      setBox(zoomed(box, x, y, event.deltaY > 0 ? 1.15 : 1 / 1.15));
    },
    { passive: false }
  );
  let held = null;
  svg.addEventListener("pointerdown", (event) => (held = [event.clientX, event.clientY]));
  window.addEventListener("pointerup", () => (held = null));
  window.addEventListener("pointermove", (event) => {
    if (!held) return;
    const scale = point(event)[2];
    setBox([box[0] - (event.clientX - held[0]) * scale, box[1] - (event.clientY - held[1]) * scale, box[2], box[3]]);
    held = [event.clientX, event.clientY];
  });

  data.stages.forEach((stage, at) => {
    const option = document.createElement("option");
    option.value = String(at);
    option.textContent = `${stage.name} (${stage.ops} ops)`;
    chooser.append(option);
  });
  chooser.addEventListener("change", () => show(Number(chooser.value)));
  document.getElementById("search").addEventListener("input", mark);
  document.getElementById("fit").addEventListener("click", fit);
  show(0);
}

if (typeof document !== "undefined") start(JSON.parse(document.getElementById("data").textContent));
if (typeof module !== "undefined") module.exports = { madeFrom, zoomed, matching };
