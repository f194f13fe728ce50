"use strict";

// A page with [data-live] follows its order: at each change that the stream reports, that
// part of the page is fetched again. EventSource reconnects by itself when the connection
// breaks, and not after a refusal: then this script reconnects after five seconds. A hidden
// page does not follow its order: a browser has few connections to one site for all its pages.
const live = document.querySelector("[data-live]");
if (live) {
  let shown = Number(live.dataset.version);
  let latest = shown;
  let fetching = false;
  const fetchPart = () => fetch(`${live.dataset.part}?after=${latest}`, { credentials: "same-origin", redirect: "manual" });
  // What is the same stays in the document, and so does a status: it is announced only if it
  // was there before its content changes.
  const show = (part) => {
    const before = [...live.children];
    [...part.children].forEach((child, n) => {
      const old = before[n];
      if (!old) live.append(child);
      else if (old.isEqualNode(child)) return;
      else if (old.matches("[role=status]") && child.matches("[role=status]")) old.replaceChildren(...child.childNodes);
      else old.replaceWith(child);
    });
    for (const old of before.slice(part.childElementCount)) old.remove();
  };
  const refresh = async () => {
    if (fetching) return;
    fetching = true;
    try {
      while (shown < latest) {
        const answer = await fetchPart();
        if (!answer.ok) break;
        const text = await answer.text();
        const version = Number(answer.headers.get("Yeyak-Version"));
        if (!(version > shown)) break; // the next event, or the next refresh, shows it
        const focused = live.contains(document.activeElement) && document.activeElement;
        show(new DOMParser().parseFromString(text, "text/html").body);
        if (focused && !focused.isConnected) (document.getElementById(focused.id) ?? live).focus({ preventScroll: true });
        shown = version;
      }
    } catch {
      // The network is away: the stream notices that, too, and connects again.
    }
    fetching = false;
  };
  const refreshTo = (version) => { latest = Math.max(latest, version); refresh(); };
  let source, later;
  const leave = () => { clearTimeout(later); source?.close(); source = undefined; };
  const follow = () => {
    leave();
    if (document.hidden) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener("changed", (e) => refreshTo(Number(e.data)));
    source.addEventListener("over", leave);
    source.addEventListener("error", (e) => { if (e.target === source && source.readyState === EventSource.CLOSED) refused(); });
  };
  // The stream was refused. If the page would be, too, it is loaded again: it leads to the
  // login after the end of the session, and says what is no longer to be seen.
  const refused = async () => {
    const answer = await fetchPart().catch(() => undefined);
    if (answer && (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status))) location.reload();
    else later = setTimeout(follow, 5000);
    if (answer?.ok) refreshTo(Number(answer.headers.get("Yeyak-Version"))); // meanwhile the part shows the changes
  };
  follow();
  setInterval(refresh, 3000);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (e) => { if (e.persisted) follow(); });
  document.addEventListener("visibilitychange", follow);
}

// An element with [data-again] is fetched again every two seconds.
const again = document.querySelector("[data-again]");
if (again) {
  setInterval(async () => {
    if (document.hidden || again.contains(document.activeElement)) return;
    try {
      const answer = await fetch(again.dataset.again, { credentials: "same-origin" });
      if (answer.ok) again.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
    } catch {
      // The network is away.
    }
  }, 2000);
}

// A form with [data-confirm] is sent once that question was answered with yes. Without this
// script it is sent at once: important questions have a page of their own.
document.addEventListener("submit", (e) => {
  const form = e.target;
  const question = form.dataset.confirm;
  if (!question || form.dataset.sure) return;
  e.preventDefault();
  const sender = e.submitter;
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  text.textContent = question;
  text.id = "question";
  dialog.setAttribute("aria-labelledby", "question");
  const buttons = document.createElement("form");
  buttons.method = "dialog";
  for (const [value, label] of [["no", document.body.dataset.no], ["yes", document.body.dataset.yes]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    if (value === "no") button.className = "second";
    buttons.append(button);
  }
  dialog.append(text, buttons);
  dialog.addEventListener("close", () => {
    const yes = dialog.returnValue === "yes";
    dialog.remove();
    if (!yes) { sender?.focus(); return; }
    form.dataset.sure = "yes";
    form.requestSubmit(sender);
  });
  document.body.append(dialog);
  dialog.showModal();
});

// A form is sent once: a second click while the answer is on its way does nothing. The method
// is read from the attributes: a field that is named method hides the form's property.
document.addEventListener("submit", (e) => {
  const method = e.submitter?.getAttribute("formmethod") ?? e.target.getAttribute("method");
  if (e.defaultPrevented || method !== "post") return;
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  e.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
