// Signs people in. What is shown is set as text, never as markup.
"use strict";
const at = (id) => document.getElementById(id);
const say = (text) => { at("said").textContent = text; };

async function send(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(said.help ? `${said.detail}; ${said.help}` : said.detail);
  return said;
}

function show(id) {
  for (const one of ["password", "link", "provider", "inside"]) at(one).hidden = one !== id;
}

function inside(session) {
  at("who").textContent = session.person;
  at("workspaces").replaceChildren(...session.workspaces.map((workspace) => {
    const line = document.createElement("li");
    line.textContent = `${workspace.name}: ${workspace.roles.join(", ")}`;
    return line;
  }));
  show("inside");
}

async function outside() {
  const ways = await send("GET", "/api/v1/sign-in");
  show("password");
  at("password").hidden = !ways.passwords;
  at("provider").hidden = !ways.provider;
}

async function doing(work) {
  say("");
  try { await work(); } catch (error) { say(error.message); }
}

// What stands behind `#` is sent to nobody; it leaves the address bar at once.
const link = location.hash.slice(1);
if (link) history.replaceState(null, "", location.pathname);

at("password").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  doing(async () => {
    const body = { person: form.person.value, password: form.password.value };
    inside(await send("POST", "/api/v1/sign-in", body));
    form.reset();
  });
});

at("link").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  doing(async () => {
    if (form.password.value !== form.again.value) throw new Error("the two are not the same");
    inside(await send("POST", "/api/v1/sign-in/link", { link, password: form.password.value }));
    form.reset();
  });
});

at("out").addEventListener("click", () => doing(async () => {
  await send("DELETE", "/api/v1/session");
  await outside();
}));

doing(async () => {
  if (link) return show("link");
  const answer = await fetch("/api/v1/sign-in");
  if (!answer.ok) throw new Error("this installation does not answer");
  const known = document.cookie !== undefined && await fetch("/api/v1/session");
  if (known && known.ok) return inside(await known.json());
  await outside();
});
