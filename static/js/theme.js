// Runs before the first paint, so that nobody sees the other theme flash by. The server knows an explicit choice
// (cookie); only "auto" needs the browser.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.themeChoice;
    root.dataset.bsTheme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.dispatchEvent(new CustomEvent("theme:change"));
  };
  apply();
  dark.addEventListener("change", apply);

  // The switch works as a plain form; with JavaScript the page stays where it is.
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-theme-switch]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const choice = event.submitter.value;
    root.dataset.themeChoice = choice;
    apply();
    const body = new FormData(form);
    body.set("theme", choice);
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
})();
