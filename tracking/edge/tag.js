/* Peyvand tag: keeps the click id on the advertiser's own site and reports conversions from the browser.

   <script src="https://TRACKING-HOST/tag.js" data-campaign="PUBLIC-ID" async></script>

   data-campaign    the campaign's public id; needed for convert()
   data-parameter   the click id's name in the landing page's address; default pvd_cid
   data-consent     "required": nothing is kept or sent before peyvand.consent(true); "memory": the click id lives as long
                    as the page, nothing is ever stored. A browser that signals Global Privacy Control is asked as if
                    "required" stood there
   data-days        how long the click id is kept; default 90

   peyvand.clickId()            the click id of the last click, or null
   peyvand.convert({goal, orderId, amount, currency, coupon, customer})
                                reports once per goal and order; without orderId once per click. amount as text, "19.99".
                                true: it goes out (or waits for consent), false: it was reported before, or there is
                                neither click id nor coupon
   peyvand.consent(true|false)  the visitor's answer; false removes what was kept

   Before the tag is there, calls may wait for it:
       window.peyvand = window.peyvand || []; peyvand.push(["convert", {goal: "lead"}]);
   push() goes on working afterwards. Pages that change their address without loading anew are followed.

   Form fields <input type="hidden" data-peyvand-click-id> get the click id as their value, so that the shop's server
   can report the sale itself: a browser's report is a fallback and is never approved by itself. <input type="hidden"
   data-peyvand-touches> gets the ids of the last ten clicks, for the parameter `touches`.

   With the visitor's consent, where that is asked for, the tag tells that a click arrived, and when the page is left how
   long the site was seen in this tab: the click id and a number of milliseconds, once each as a rule. A conversion comes
   with the time that its form took to fill in.

   Content security policy: script-src and either connect-src or img-src must name the tracking host; with img-src alone
   nothing is told of arriving and leaving. The tag uses no eval, no inline style and no cookie but its own first-party one.
   It adds one name to the page: peyvand. */
(function (window, document) {
  "use strict";

  var KEPT = "pvd_click", PATH = "pvd_path", SENT = "pvd_sent", CONSENT = "pvd_consent";
  var STAY = "pvd_stay", FILLED = "pvd_filled"; // of this tab
  var DAY = 86400000, ENOUGH = 10000; // milliseconds; who stayed longer is somebody
  var own = Object.prototype.hasOwnProperty;

  // Elements named like properties of document ("<img name=cookie>") shadow them: ask the prototypes instead.
  function getter(prototype, name) {
    var found = Object.getOwnPropertyDescriptor(prototype, name);
    return function (object) { return found && found.get ? found.get.call(object) : undefined; };
  }
  var cookieOf = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  var stateOf = getter(Document.prototype, "readyState"), shownOf = getter(Document.prototype, "visibilityState");
  var prerenderingOf = getter(Document.prototype, "prerendering"), rootOf = getter(Document.prototype, "documentElement");
  var queryAll = Document.prototype.querySelectorAll;
  var attribute = Element.prototype.getAttribute;
  var setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  var listen = EventTarget.prototype.addEventListener;

  var before = own.call(window, "peyvand") && !(window.peyvand instanceof Node) ? window.peyvand : null;
  if (before && before.clickId) { return; }
  var queued = Array.isArray(before) ? before.slice(0, 100) : [];

  var script = getter(Document.prototype, "currentScript")(document);
  if (!(script instanceof HTMLScriptElement)) { return; }
  function option(name, otherwise) {
    var value = attribute.call(script, "data-" + name);
    return value === null || value === "" ? otherwise : value;
  }
  var host = new URL(attribute.call(script, "src"), document.baseURI).origin;
  var parameter = option("parameter", "pvd_cid");
  var campaign = option("campaign", "");
  var days = Math.min(Math.max(parseInt(option("days", "90"), 10) || 90, 1), 400);
  var mode = option("consent", "");
  var needsConsent = mode === "required" || window.navigator.globalPrivacyControl === true;
  var storesNothing = mode === "memory";

  // Storage that is full or forbidden must not break the page; then memory serves for this visit.
  var memory = Object.create(null);
  function read(key) {
    try {
      var value = storesNothing ? null : window.localStorage.getItem(key);
      if (value !== null) { return value; }
    } catch (error) { /* forbidden */ }
    return key in memory ? memory[key] : null;
  }
  function write(key, value) {
    memory[key] = value;
    if (storesNothing) { return; }
    try { window.localStorage.setItem(key, value); } catch (error) { /* forbidden or full */ }
  }
  function remove(key) {
    delete memory[key];
    try { window.localStorage.removeItem(key); } catch (error) { /* forbidden */ }
  }
  function readTab(key) {
    try { return storesNothing ? null : window.sessionStorage.getItem(key); } catch (error) { return null; }
  }
  function writeTab(key, value) {
    if (storesNothing) { return; }
    try {
      if (value === null) { window.sessionStorage.removeItem(key); } else { window.sessionStorage.setItem(key, value); }
    } catch (error) { /* forbidden or full */ }
  }
  function readCookie() {
    var found = new RegExp("(?:^|;\\s*)" + KEPT + "=([^;]*)").exec(cookieOf.get.call(document) || "");
    return found ? decodeURIComponent(found[1]) : null;
  }
  function writeCookie(value, seconds) {
    if (storesNothing) { return; }
    var secure = window.location.protocol === "https:" ? "; Secure" : "";
    var text = KEPT + "=" + encodeURIComponent(value) + "; Path=/; Max-Age=" + seconds + "; SameSite=Lax" + secure;
    cookieOf.set.call(document, text);
  }

  function isClickId(text) { return typeof text === "string" && /^v1\.[A-Za-z0-9_-]{20,157}$/.test(text); }
  function parsed(text) {
    var cut = text ? text.indexOf(" ") : -1;
    var id = cut < 0 ? "" : text.slice(0, cut), at = cut < 0 ? 0 : Number(text.slice(cut + 1));
    return isClickId(id) && at > Date.now() - days * DAY ? { id: id, at: at } : null;
  }
  var arrived = null; // from this page's address; kept only with consent
  function kept() {
    var stored = parsed(read(KEPT)), cookie = parsed(readCookie());
    return stored && cookie ? (cookie.at > stored.at ? cookie : stored) : stored || cookie;
  }
  function path() {
    return (read(PATH) || "").split(" ").filter(isClickId);
  }
  function keep() {
    if (!arrived) { return; }
    write(PATH, path().filter(function (id) { return id !== arrived; }).concat(arrived).slice(-10).join(" "));
    var text = arrived + " " + Date.now(); // the last click wins
    write(KEPT, text);
    writeCookie(text, Math.round(days * DAY / 1000));
  }

  function mayKeep() {
    var answer = read(CONSENT);
    return answer === "no" ? false : answer === "yes" || !needsConsent;
  }
  function clickId() {
    if (arrived) { return arrived; }
    var found = mayKeep() ? kept() : null;
    return found ? found.id : null;
  }

  function fill() {
    var id = mayKeep() ? clickId() : null;
    if (!id) { return; }
    fillAll("input[data-peyvand-click-id]", id);
    fillAll("input[data-peyvand-touches]", path().join(","));
  }
  function fillAll(inputs, value) {
    queryAll.call(document, inputs).forEach(function (input) {
      if (input instanceof HTMLInputElement) { setValue.call(input, value); }
    });
  }

  // How long the site is seen in this tab after a click. A frame that nobody can see is seen for no time at all.
  var stay = null; // {id, seen, told}: milliseconds, told: as of the last beacon
  var since = 0; // when the page was shown, 0 while it is not
  function beacon(length) {
    if (!window.navigator.sendBeacon) { return; }
    var body = new URLSearchParams({ id: stay.id });
    if (length !== undefined) { body.append("ms", String(length)); }
    try { window.navigator.sendBeacon(host + "/land", body); } catch (error) { /* forbidden */ }
  }
  function begin() {
    if (prerenderingOf(document)) { listen.call(document, "prerenderingchange", begin, { once: true }); return; }
    var last = (readTab(STAY) || "").split(" ");
    if (arrived && arrived !== (stay ? stay.id : last[0])) {
      stay = { id: arrived, seen: 0, told: -1 };
      writeTab(STAY, arrived + " 0");
      beacon();
    } else if (!stay && isClickId(last[0])) {
      stay = { id: last[0], seen: Number(last[1]) || 0, told: Number(last[1]) || 0 };
      if (!stay.seen) { stay.told = -1; }
    }
    turn();
  }
  function turn() {
    var now = window.performance.now();
    if (shownOf(document) === "visible") { since = since || now; return; }
    end(now);
  }
  function leave() { end(window.performance.now()); }
  function end(now) {
    var shown = since ? now - since : 0;
    since = 0;
    if (!stay || !mayKeep()) { return; }
    stay.seen += window.innerWidth > 1 && window.innerHeight > 1 ? Math.round(shown) : 0;
    if (stay.told < ENOUGH && stay.seen > stay.told) {
      stay.told = stay.seen;
      writeTab(STAY, stay.id + " " + stay.seen);
      beacon(stay.seen);
    }
  }

  // How long a form took to fill in; on the page after it from what was noted when it was sent.
  var begun = 0;
  function filling() { begun = begun || window.performance.now(); }
  function filledIn() {
    var length = begun ? Math.max(1, Math.round(window.performance.now() - begun)) : readTab(FILLED);
    return length === null ? "" : length;
  }
  function submitted() {
    fill();
    if (begun && mayKeep()) { writeTab(FILLED, String(filledIn())); }
  }

  function wasSent(name) {
    var list;
    try { list = JSON.parse(read(SENT) || "[]"); } catch (error) { list = []; }
    if (!Array.isArray(list)) { list = []; }
    if (list.indexOf(name) >= 0) { return true; }
    list.push(name);
    write(SENT, JSON.stringify(list.slice(-100)));
    return false;
  }
  function send(fields) {
    var query = new URLSearchParams();
    for (var name in fields) {
      if (own.call(fields, name) && fields[name] !== undefined && fields[name] !== null && fields[name] !== "") {
        query.append(name, String(fields[name]));
      }
    }
    var address = host + "/pixel.gif?" + query.toString();
    function byImage() { var image = new Image(); image.referrerPolicy = "no-referrer"; image.src = address; }
    if (typeof window.fetch !== "function") { byImage(); return; }
    try {
      window.fetch(address, { mode: "no-cors", credentials: "omit", keepalive: true, referrerPolicy: "no-referrer" })
        .catch(byImage);
    } catch (error) { byImage(); }
  }

  // Only what the page itself put into the order: a polluted Object.prototype adds nothing.
  function copied(given) {
    var order = Object.create(null);
    ["goal", "orderId", "amount", "currency", "coupon", "customer"].forEach(function (name) {
      if (own.call(given, name)) { order[name] = given[name]; }
    });
    return order;
  }

  var waiting = [];
  function convert(given) {
    if (given === null || typeof given !== "object" || read(CONSENT) === "no") { return false; }
    var order = copied(given);
    if (!mayKeep()) { waiting.push(order); return true; }
    var id = clickId();
    if (!id && !order.coupon) { return false; }
    var orderId = order.orderId === undefined || order.orderId === null || order.orderId === ""
      ? "click-" + String(id).slice(-32) : order.orderId;
    if (wasSent([campaign, order.goal || "", orderId].join("|"))) { return false; }
    send({
      via: "tag", campaign: campaign, click_id: id, goal: order.goal, order_id: orderId, amount: order.amount,
      currency: order.currency, coupon: order.coupon, customer: order.customer, filled_in: filledIn(),
      touches: mayKeep() ? path().filter(function (each) { return each !== id; }).join(",") : ""
    });
    begun = 0;
    writeTab(FILLED, null);
    return true;
  }
  function consent(given) {
    var orders = waiting;
    waiting = [];
    if (given) {
      write(CONSENT, "yes");
      keep();
      fill();
      begin();
      orders.forEach(convert);
    } else {
      remove(KEPT);
      remove(PATH);
      remove(SENT);
      writeTab(STAY, null);
      writeTab(FILLED, null);
      writeCookie("", 0);
      write(CONSENT, "no");
      arrived = stay = null;
    }
  }

  function arrive() {
    var id = new URLSearchParams(window.location.search).get(parameter);
    if (isClickId(id)) { arrived = id; }
    if (mayKeep()) { keep(); begin(); } else if (read(CONSENT) === "no") { arrived = null; }
    fill();
  }
  // Addresses that change without a new page: by the browser's own news of it, else by standing behind the two functions.
  function follow() {
    listen.call(window, "popstate", arrive);
    listen.call(window, "hashchange", arrive);
    if (window.navigation && typeof window.navigation.addEventListener === "function") {
      window.navigation.addEventListener("currententrychange", arrive);
      return;
    }
    ["pushState", "replaceState"].forEach(function (name) {
      var original = window.history[name];
      window.history[name] = function () {
        var result = original.apply(this, arguments);
        arrive();
        return result;
      };
    });
  }
  function watch() {
    fill();
    if (typeof MutationObserver !== "function") { return; }
    var planned = false;
    new MutationObserver(function () {
      if (planned) { return; }
      planned = true;
      window.setTimeout(function () { planned = false; fill(); }, 50);
    }).observe(rootOf(document), { childList: true, subtree: true });
  }

  arrive();
  follow();
  if (stateOf(document) === "loading") { listen.call(document, "DOMContentLoaded", watch); } else { watch(); }
  listen.call(document, "submit", submitted, true);
  listen.call(document, "input", filling, true);
  listen.call(document, "visibilitychange", turn);
  listen.call(window, "pagehide", leave);

  var known = { clickId: clickId, convert: convert, consent: consent };
  function push(call) {
    if (Array.isArray(call) && own.call(known, call[0])) { return known[call[0]](call[1]); }
    return undefined;
  }
  Object.defineProperty(window, "peyvand", {
    value: Object.freeze({ clickId: clickId, convert: convert, consent: consent, push: push }), enumerable: true
  });
  queued.forEach(push);
}(window, document));
