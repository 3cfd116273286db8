// Opens a page of `axir viz` in headless Chromium and prints, as JSON, what a user would see.
//   node --experimental-websocket browser.mjs CHROMIUM FILE PROFILE_DIRECTORY [FLAG...]
import { spawn } from "child_process";

const [chromium, file, profile, ...flags] = process.argv.slice(2);
const browser = spawn(
  chromium,
  ["--headless", "--no-sandbox", "--remote-debugging-port=0", `--user-data-dir=${profile}`, ...flags, "about:blank"],
  { stdio: ["ignore", "ignore", "pipe"] }
);
const address = await new Promise((found) => {
  let text = "";
  browser.stderr.on("data", (data) => {
    text += data;
    const match = text.match(/ws:\/\/([^/]+)\//);
    if (match) found(match[1]);
  });
});

let pages = [];
while (!pages.length) pages = await (await fetch(`http://${address}/json`)).json();
const socket = new WebSocket(pages[0].webSocketDebuggerUrl);
await new Promise((open) => (socket.onopen = open));
const waiting = new Map();
const thrown = [];
let count = 0;
let loaded;
const load = new Promise((done) => (loaded = done));
socket.onmessage = (message) => {
  const data = JSON.parse(message.data);
  if (data.id) waiting.get(data.id)(data.result);
  if (data.method === "Runtime.exceptionThrown") thrown.push(data.params.exceptionDetails.text);
  if (data.method === "Page.loadEventFired") loaded();
};
const call = (method, params = {}) =>
  new Promise((done) => {
    waiting.set(++count, done);
    socket.send(JSON.stringify({ id: count, method, params }));
  });
const evaluate = async (expression) =>
  (await call("Runtime.evaluate", { expression: `(() => {${expression}})()`, returnByValue: true })).result.value;

await call("Runtime.enable");
await call("Page.enable");
await call("Page.navigate", { url: `file://${file}` });
await load;
const seen = {
  nodes: await evaluate("return document.querySelectorAll('.node').length"),
  stages: await evaluate("return [...document.querySelectorAll('option')].map((o) => o.textContent)"),
  details: await evaluate(`
    const node = [...document.querySelectorAll(".node")].find((n) => n.textContent === "tanh");
    node.dispatchEvent(new MouseEvent("click"));
    return document.getElementById("details").innerText`),
  zoom: await evaluate(`
    const svg = document.getElementById("graph"), width = () => Number(svg.getAttribute("viewBox").split(" ")[2]);
    const before = width();
    svg.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, clientX: 100, clientY: 100, cancelable: true }));
    return width() / before`),
  found: await evaluate(`
    const search = document.getElementById("search");
    search.value = "mul";
    search.dispatchEvent(new Event("input"));
    return document.querySelectorAll(".node.found").length`),
  followed: await evaluate(`
    const buttons = [...document.querySelectorAll("#details button")];
    buttons[buttons.length - 1].click();
    const chooser = document.getElementById("stage");
    return [chooser.selectedOptions[0].textContent, document.querySelector("#details h2").textContent]`),
  thrown,
};
console.log(JSON.stringify(seen));
browser.kill("SIGKILL");
process.exit(0);
