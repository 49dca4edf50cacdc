// The Jalali calendar for input[data-jdp]: loaded at the first focus, Persian pages only.
(() => {
  const { library, styles } = document.currentScript.dataset;
  let loading;
  const load = () => {
    loading ??= new Promise((resolve, reject) => {
      const sheet = document.createElement("link");
      sheet.rel = "stylesheet";
      sheet.href = styles;
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => {
        window.jalaliDatepicker.startWatch({ persianDigits: true, autoReadOnlyInput: false, zIndex: 2000, autoShow: false });
        resolve();
      };
      script.onerror = reject;
      document.head.append(sheet, script);
    });
    return loading;
  };
  const persian = (text) => text.replace(/[0-9]/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]);
  const latin = (text) => text.replace(/[۰-۹]/g, (digit) => digit.charCodeAt(0) - 0x6f0);

  // The calendar reads and writes Latin digits only; people see Persian ones throughout.
  document.addEventListener("focusin", async ({ target }) => {
    if (!target.matches("input[data-jdp]")) return;
    await load();
    target.value = latin(target.value);
    window.jalaliDatepicker.show(target);
    target.value = persian(target.value);
  });
  document.addEventListener(
    "jdp:change",
    ({ target }) => {
      target.value = persian(target.value);
      target.dispatchEvent(new Event("change", { bubbles: true }));
    },
    true,
  );
})();
