// What every page needs: toasts, tooltips, forms sent once. Loaded deferred, also serves htmx fragments.
(() => {
  const bootstrap = window.tabler?.bootstrap ?? window.bootstrap;

  const enliven = (root) => {
    root.querySelectorAll(".toast").forEach((toast) => bootstrap.Toast.getOrCreateInstance(toast).show());
    root.querySelectorAll('[data-bs-toggle="tooltip"]').forEach((element) => {
      bootstrap.Tooltip.getOrCreateInstance(element, { trigger: "hover focus", customClass: "app-tooltip" });
    });
  };

  // A toast from a script: document.dispatchEvent(new CustomEvent("toast", { detail: "Copied" })), or the htmx
  // response header HX-Trigger: {"toast": "Saved"}.
  document.addEventListener("toast", (event) => {
    const text = typeof event.detail === "string" ? event.detail : event.detail.value;
    const toast = document.createElement("div");
    toast.className = "toast app-toast";
    toast.setAttribute("role", "status");
    const body = document.createElement("div");
    body.className = "toast-body";
    body.textContent = text;
    toast.append(body);
    document.querySelector(".app-toasts").append(toast);
    toast.addEventListener("hidden.bs.toast", () => toast.remove());
    bootstrap.Toast.getOrCreateInstance(toast, { delay: 4000 }).show();
  });

  // A second click must not send a second form. A page that comes back, or stays because of a download, is usable again.
  const release = (button) => button.removeAttribute("disabled");
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.defaultPrevented || event.target.matches("[hx-get], [hx-post], [method=dialog]")) return;
    setTimeout(() => button.setAttribute("disabled", ""), 0);
    setTimeout(() => release(button), 4000);
    window.addEventListener("pageshow", () => release(button), { once: true });
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-back]")) history.back();
  });

  // Codes are typed on Persian keyboards too.
  document.addEventListener("input", ({ target }) => {
    if (target.autocomplete !== "one-time-code") return;
    target.value = target.value.replace(/[۰-۹]/g, (digit) => digit.charCodeAt(0) - 0x6f0);
  });

  // A row of tabs may be wider than a phone: the one that is open comes into sight.
  document.querySelectorAll(".app-tabs .nav-link.active").forEach((tab) => {
    const list = tab.closest(".app-tabs");
    const [here, frame] = [tab.getBoundingClientRect(), list.getBoundingClientRect()];
    list.scrollLeft += here.left + here.width / 2 - (frame.left + frame.width / 2);
  });

  enliven(document);
  document.addEventListener("htmx:load", (event) => enliven(event.detail.elt));
  document.addEventListener("htmx:responseError", () => {
    const message = document.body.dataset.failed;
    if (message) document.dispatchEvent(new CustomEvent("toast", { detail: message }));
  });
  document.addEventListener("htmx:sendError", () => {
    const message = document.body.dataset.offline;
    if (message) document.dispatchEvent(new CustomEvent("toast", { detail: message }));
  });
})();
