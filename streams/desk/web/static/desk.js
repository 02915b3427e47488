"use strict";
/* The pages work without this script; it brings changes as they happen, and keys. */
(() => {
  const live = document.getElementById("live");
  const pulse = document.getElementById("pulse");
  const keys = document.getElementById("keys");
  const path = document.body.dataset.path;
  if (!pulse) return;

  const say = (text, state) => { pulse.textContent = text; pulse.dataset.state = state; };
  const casePage = /^\/cases\/[0-9a-f]+$/.test(path);
  const follows = casePage || path === "/cases" || path === "/alerts";
  const refreshes = path === "/health" || path === "/lists";
  /* What is being written must not be overwritten; a refused form comes back with what was written. */
  let typed = casePage && live.querySelector(".notice.bad") !== null;
  let seen = new Map();

  const rows = () => [...live.querySelectorAll("tr[data-case]")];
  const remember = () => { seen = new Map(rows().map((row) => [row.dataset.case + row.dataset.version, true])); };
  const openDetails = () => [...live.querySelectorAll("details[open] > summary")].map((each) => each.textContent);

  async function load() {
    const answer = await fetch(location.href, { headers: { "X-Part": "live" }, credentials: "same-origin" });
    if (answer.redirected || answer.status === 401) { location.assign("/login"); return; }
    if (!answer.ok) { say("not up to date", "off"); return; }
    if (typed) return;
    const came = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement;
    const focusedCase = focused && focused.closest && focused.closest("tr[data-case]");
    const field = focused && live.contains(focused) && focused.id;
    const value = field && "value" in focused ? focused.value : null;
    const open = openDetails();
    /* What was said to have been done stays until the case is another one. */
    const done = live.querySelector(".notice.good");
    const now = casePage && came.querySelector("[data-case]");
    const same = now && now.dataset.version === live.querySelector("[data-case]")?.dataset.version;
    live.replaceChildren(...came.body.childNodes);
    if (done && same) now.after(done);
    for (const summary of live.querySelectorAll("details > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement.open = true;
    }
    if (focusedCase) {
      const row = rows().find((each) => each.dataset.case === focusedCase.dataset.case);
      if (row) row.querySelector("a").focus();
    } else if (field) {
      const again = document.getElementById(field);
      if (again) { again.focus(); if (value !== null) again.value = value; }
    }
    for (const row of rows()) if (!seen.has(row.dataset.case + row.dataset.version)) row.classList.add("fresh");
    remember();
  }

  /* At once after a quiet time; under a stream of changes every second and a half. */
  let state = "idle"; // or "waiting", "loading", "stale": changed again while loading
  let lastAt = 0;
  function refresh() {
    if (state === "loading") state = "stale";
    if (state !== "idle") return;
    state = "waiting";
    setTimeout(run, Math.max(0, lastAt + 1500 - Date.now()));
  }
  async function run() {
    state = "loading";
    try { await load(); } catch { say("not up to date", "off"); }
    lastAt = Date.now();
    const again = state === "stale";
    state = "idle";
    if (again) refresh();
  }

  function changed(id) {
    if (!casePage) { refresh(); return; }
    const head = live.querySelector("[data-case]");
    if (!head || head.dataset.case !== id) return;
    if (typed) say("this case has changed: reload before you send", "off");
    else refresh();
  }

  /* What was done is said once, not to whoever gets the address. */
  if (casePage && location.search) history.replaceState(null, "", path);

  if (follows) {
    const source = new EventSource(casePage ? "/api/live" : "/api/live" + location.search);
    source.onopen = () => { say("live", "on"); refresh(); };
    source.onerror = () => say("connecting…", "off");
    for (const kind of ["case", "left"]) {
      source.addEventListener(kind, (event) => changed(JSON.parse(event.data).case_id));
    }
    setInterval(() => { if (!typed && !document.hidden) refresh(); }, 60000);
  }
  if (refreshes) setInterval(() => { if (!document.hidden) refresh(); }, 5000);
  remember();

  live.addEventListener("input", (event) => { if (event.target.closest("form.act")) typed = true; });
  live.addEventListener("change", (event) => {
    const form = event.target.closest("form.filters");
    if (form && event.target.tagName === "SELECT") form.requestSubmit();
  });
  live.addEventListener("submit", (event) => {
    const form = event.target.closest("form.filters");
    if (!form) return;
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
  live.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-case]");
    if (row && !event.target.closest("a, button, input, summary") && !String(getSelection())) row.querySelector("a").click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select") || keys.open) return;
    const links = rows().map((row) => row.querySelector("a"));
    const at = links.indexOf(document.activeElement);
    const go = { j: Math.min(at + 1, links.length - 1), k: Math.max(at - 1, 0) }[event.key];
    const reason = live.querySelector("form.act textarea");
    const up = live.querySelector("a[rel=up]");
    if (go !== undefined && links.length) links[go].focus();
    else if (event.key === "/" && live.querySelector("#f-text")) live.querySelector("#f-text").focus();
    else if (event.key === "u" && up) up.click();
    else if (event.key === "r" && reason) reason.focus();
    else if (event.key === "?") keys.showModal();
    else return;
    event.preventDefault();
  });
})();
