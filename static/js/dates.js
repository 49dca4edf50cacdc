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
  document.addEventListener("focusin", async (event) => {
    if (!event.target.matches("input[data-jdp]")) return;
    await load();
    window.jalaliDatepicker.show(event.target);
  });
})();
