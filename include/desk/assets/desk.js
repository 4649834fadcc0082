// The pages work without this, but for their buttons: it keeps what is shown up to date, says times in the viewer's
// own zone, takes the theme of the Airflow UI around it, and sends what a button does.
"use strict";

const base = document.body.dataset.base;
const above = window.parent !== window ? window.parent : null;

function theme() {
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "dark" || chosen === "light") dark = chosen === "dark";
    if (above) dark = above.document.documentElement.classList.contains("dark");
  } catch { /* a frame of another site: the system's own setting counts */ }
  document.documentElement.classList.toggle("dark", dark);
}
theme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
addEventListener("storage", theme);
if (above) {
  try {
    new MutationObserver(theme).observe(above.document.documentElement, { attributes: true, attributeFilter: ["class"] });
  } catch { /* as above */ }
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const old = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

function away(seconds) {
  const size = Math.abs(seconds);
  const said = size < 60 ? `${Math.round(size)} s` : size < 3600 ? `${Math.round(size / 60)} min` : null;
  return said === null ? null : seconds < 0 ? `${said} ago` : `in ${said}`;
}

function times() {
  for (const shown of document.querySelectorAll("time[datetime]")) {
    const at = new Date(shown.dateTime);
    const near = away((at - Date.now()) / 1000);
    const today = at.toDateString() === new Date().toDateString();
    const isNear = Math.abs(at - Date.now()) < 300 * 86400e3;
    const text = near ?? (today ? clock : isNear ? day : old).format(at);
    if (shown.textContent !== text) shown.textContent = text;
    shown.title = whole.format(at);
  }
}

function say(text, isBad) {
  const said = document.getElementById("said");
  said.classList.toggle("bad", Boolean(isBad));
  said.textContent = text;
  clearTimeout(say.later);
  say.later = setTimeout(() => { said.textContent = ""; }, isBad ? 20000 : 8000);
}

// Replaces a part of the page by its newest text, and leaves alone what the person is doing in it.
const tags = new Map();
async function renew(live) {
  if (document.hidden || document.querySelector("dialog[open]")) return;
  const headers = tags.has(live) ? { "If-None-Match": tags.get(live) } : {};
  const answer = await fetch(live.dataset.live, { headers, cache: "no-store" });
  if (answer.status === 401) { say("Your login has ended. Log in to Airflow again.", true); return; }
  if (!answer.ok) return;
  tags.set(live, answer.headers.get("ETag"));
  const text = await answer.text();
  if (live.querySelector("input:checked, input:focus, select:focus, textarea:focus")) return;
  if ([...live.querySelectorAll("input:not([type=checkbox])")].some((one) => one.value !== one.defaultValue)) return;
  const focus = live.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...live.querySelectorAll("details[open][id]")].map((found) => found.id);
  live.innerHTML = text;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  announce(live);
  times();
  adopt();
}

function announce(live) {
  const news = live.querySelector("[data-announce]")?.textContent.trim().replace(/\s+/g, " ") ?? "";
  const spoken = document.getElementById("spoken");
  if (spoken && spoken.textContent !== news) spoken.textContent = news;
}

function follow(live) {
  const again = async () => {
    try { await renew(live); } catch { /* the server is away for a moment */ }
    const busy = live.querySelector("[data-busy]") ? 1 : Number(live.dataset.every);
    setTimeout(again, busy * 1000);
  };
  setTimeout(again, live.querySelector("[data-busy]") ? 1000 : Number(live.dataset.every) * 1000);
}

function ask(title, text, yes) {
  const box = document.getElementById("ask");
  document.getElementById("ask-title").textContent = title;
  document.getElementById("ask-text").textContent = text;
  document.getElementById("ask-yes").textContent = yes;
  return new Promise((done) => {
    box.returnValue = "no";
    box.addEventListener("close", () => done(box.returnValue === "yes"), { once: true });
    box.showModal();
  });
}

function collected(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || (field.type === "checkbox" && !field.checked)) continue;
    if ("list" in field.dataset) (body[field.name] ??= []).push("number" in field.dataset ? Number(field.value) : field.value);
    else if (field.value !== "") body[field.name] = field.value;
  }
  return body;
}

async function act(form, button) {
  if (button?.dataset.ask && !(await ask(button.textContent.trim(), button.dataset.ask, button.textContent.trim()))) return;
  const body = collected(form);
  if (button?.name) body[button.name] = button.value;
  const held = [...form.querySelectorAll("button")];
  held.forEach((one) => { one.disabled = true; });
  try {
    const answer = await fetch(button?.dataset.action ?? form.getAttribute("action"), {
      method: "POST", headers: { "Content-Type": "application/json", "X-Desk": "1" }, body: JSON.stringify(body),
    });
    const told = await answer.json();
    say([told.message, told.next_step].filter(Boolean).join(" "), !answer.ok);
    form.querySelectorAll("input:checked[data-list]").forEach((one) => { one.checked = one.defaultChecked; });
    if (answer.ok) form.querySelectorAll("[data-live] input:not([type=checkbox])").forEach((one) => { one.value = one.defaultValue; });
    for (const live of document.querySelectorAll("[data-live]")) await renew(live);
  } catch {
    say("The server did not answer. Look whether it was done, then try again.", true);
  } finally {
    held.forEach((one) => { one.disabled = false; });
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-act]")) return;
  event.preventDefault();
  act(event.target, event.submitter);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-instant] select")) event.target.form.requestSubmit();
  if (event.target.matches("[data-all]")) {
    for (const one of event.target.closest("form").querySelectorAll("input[data-list]")) one.checked = event.target.checked;
  }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-above]");
  if (!link || !above || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  // The frame may not lead its page elsewhere; a link of that page may.
  const own = above.document.createElement("a");
  own.href = link.href;
  above.document.body.append(own);
  own.click();
  own.remove();
});

function adopt() {
  for (const live of document.querySelectorAll("[data-live]:not([data-followed])")) {
    live.dataset.followed = "";
    follow(live);
  }
}
adopt();
times();
setInterval(times, 5000);
