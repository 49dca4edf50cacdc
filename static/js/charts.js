// Draws <div data-chart="line|area|bar|funnel" data-source="json-script-id" aria-label="…"> with ECharts, which is loaded
// only where there is a chart. The data come from network/charts.py. ECharts knows no right-to-left mode: in Persian the
// x axis is inverted, the y axis moves to the right, the legend is aligned and reordered.
(() => {
  const { library } = document.currentScript.dataset;
  const root = document.documentElement;
  const rtl = root.dir === "rtl";
  const persian = root.lang === "fa";
  const charts = new Map();
  const MAGNITUDES = persian
    ? [[1e9, " میلیارد"], [1e6, " میلیون"], [1e3, " هزار"]]
    : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];

  let loading;
  const load = () => {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => document.fonts.load("16px Vazirmatn", "aآ").then(resolve, resolve);
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  };

  const localised = (text) =>
    persian
      ? text.replace(/[0-9]/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]).replaceAll(",", "٬").replaceAll(".", "٫")
      : text;
  const isolated = (text) => `\u2066${text}\u2069`;
  const grouped = (value, places) =>
    Math.abs(value).toLocaleString("en", { minimumFractionDigits: 0, maximumFractionDigits: places });
  const figure = (value, places) => isolated((value < 0 ? "\u2212" : "") + localised(grouped(value, places)));

  const shown = (value, unit) => {
    if (value === null || value === undefined) return "—";
    const scaled = value / unit.divisor;
    const whole = unit.places === 2 && unit.divisor > 1 && !Number.isInteger(scaled);
    const text = whole
      ? isolated((scaled < 0 ? "\u2212" : "") + localised(Math.abs(scaled).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })))
      : figure(scaled, unit.places);
    return unit.prefix + text + unit.suffix;
  };
  const short = (value, unit) => {
    const scaled = value / unit.divisor;
    const magnitude = MAGNITUDES.find(([size]) => Math.abs(scaled) >= size);
    const text = magnitude ? figure(scaled / magnitude[0], 1) + magnitude[1] : figure(scaled, unit.places);
    return unit.suffix.length > 1 || (unit.prefix.length > 1 && magnitude) ? text : unit.prefix + text + unit.suffix;
  };

  const palette = () => {
    const style = getComputedStyle(root);
    const read = (name) => style.getPropertyValue(name).trim();
    return {
      series: [1, 2, 3, 4, 5, 6].map((index) => read(`--pv-chart-${index}`)),
      text: read("--pv-chart-text"),
      grid: read("--pv-chart-grid"),
      ink: read("--pv-chart-ink"),
    };
  };
  const font = "Vazirmatn, sans-serif";

  // ECharts' own tooltip markup carries inline styles, which our policy refuses; its canvas tooltip knows neither fonts
  // nor right-to-left. So the content is made of elements with classes; ECharts only moves the box.
  const tooltip = {
    confine: true,
    renderMode: "html",
    className: "chart-tooltip",
    backgroundColor: "",
    borderWidth: 0,
    padding: 0,
    extraCssText: "box-shadow: none",
    transitionDuration: 0.1,
  };
  const element = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
  const row = (index, name, value) => {
    const line = element("div", "chart-tooltip-row");
    line.append(element("i", `chart-dot chart-dot-${index % 6}`), element("span", "", name), element("b", "", value));
    return line;
  };

  const axes = (data, colours) => {
    const units = [];
    const axisOf = data.series.map(({ unit }) => {
      const key = JSON.stringify(unit);
      if (!units.some((known) => known.key === key)) units.push({ key, unit });
      return Math.min(units.findIndex((known) => known.key === key), 1);
    });
    const label = { fontFamily: font, fontSize: 12, color: colours.text };
    // Without any value ECharts would invent a scale of hundredths.
    const flat = (axis) => data.series.every(({ values }, index) => axisOf[index] !== axis || !values.some(Boolean));
    return {
      axisOf,
      x: {
        type: "category",
        data: data.labels,
        inverse: rtl,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colours.grid } },
        axisLabel: { ...label, hideOverlap: true, margin: 12 },
      },
      y: units.slice(0, 2).map(({ unit }, index) => ({
        type: "value",
        position: (index === 0) === rtl ? "right" : "left",
        splitNumber: 4,
        minInterval: unit.divisor < 1 ? 0 : 1,
        max: flat(index) ? unit.divisor : null,
        interval: flat(index) ? unit.divisor : null,
        splitLine: { show: index === 0, lineStyle: { color: colours.grid, type: [4, 4] } },
        axisLabel: { ...label, formatter: (value) => short(value, unit) },
      })),
    };
  };

  const cartesian = (kind, data, colours) => {
    const { axisOf, x, y } = axes(data, colours);
    const names = data.series.map(({ name }) => name);
    const legend = names.length > 1;
    return {
      grid: { top: legend ? 44 : 16, right: 8, bottom: 4, left: 8, containLabel: true },
      legend: {
        show: legend,
        top: 0,
        icon: "circle",
        itemWidth: 8,
        itemHeight: 8,
        itemGap: 18,
        textStyle: { fontFamily: font, fontSize: 13, color: colours.text },
        ...(rtl ? { right: 0, align: "right", data: [...names].reverse() } : { left: 0, data: names }),
      },
      tooltip: {
        ...tooltip,
        trigger: "axis",
        axisPointer: { type: kind === "bar" ? "shadow" : "line", lineStyle: { color: colours.grid }, shadowStyle: { opacity: 0.25 } },
        formatter: (points) => [
          element("div", "chart-tooltip-title", data.titles[points[0].dataIndex]),
          ...points.map((point) => row(point.seriesIndex, point.seriesName, shown(point.value, data.series[point.seriesIndex].unit))),
        ],
      },
      xAxis: x,
      yAxis: y,
      series: data.series.map((one, index) => drawn(one, one.kind || kind, axisOf[index], colours.series[index % 6])),
    };
  };
  const drawn = ({ name, values }, kind, axis, colour) =>
    kind === "bar"
      ? { name, type: "bar", data: values, yAxisIndex: axis, itemStyle: { color: colour, borderRadius: [4, 4, 0, 0] }, barMaxWidth: 28 }
      : {
          name,
          type: "line",
          data: values,
          yAxisIndex: axis,
          smooth: 0.2,
          smoothMonotone: "x",
          symbol: "circle",
          symbolSize: 7,
          showSymbol: values.filter((value) => value !== null).length < 2,
          lineStyle: { width: 2.25, color: colour },
          itemStyle: { color: colour },
          areaStyle: kind === "area" ? { opacity: 0.12, color: colour } : undefined,
        };

  const funnel = (data, colours) => {
    const [series] = data.series;
    return {
      tooltip: {
        ...tooltip,
        trigger: "item",
        formatter: (point) => [row(point.dataIndex, point.name, shown(series.values[point.dataIndex], series.unit))],
      },
      series: [
        {
          type: "funnel",
          sort: "none",
          top: 8,
          bottom: 8,
          left: "4%",
          width: "92%",
          minSize: "14%",
          gap: 3,
          funnelAlign: "center",
          label: {
            position: "inside",
            fontFamily: font,
            fontSize: 13,
            color: colours.ink,
            textBorderWidth: 0,
            formatter: ({ dataIndex, name }) => (rtl ? `${shown(series.values[dataIndex], series.unit)}  ${name}` : `${name}  ${shown(series.values[dataIndex], series.unit)}`),
          },
          itemStyle: { borderWidth: 0 },
          // The shape follows the logarithm: a funnel from a million impressions to ten sales would else be a needle.
          data: data.labels.map((name, index) => ({
            name,
            value: Math.log10(1 + Math.max(0, series.values[index])),
            itemStyle: { color: colours.series[index % 6] },
          })),
        },
      ],
    };
  };

  const table = (data) => {
    // A hidden table still grows with its rows and would lengthen the page; only a box around it stays small.
    const hidden = element("div", "visually-hidden");
    const rows = element("table");
    hidden.append(rows);
    const line = (cells, tag) => {
      const tr = rows.insertRow();
      cells.forEach((text) => tr.append(element(tag, "", text)));
    };
    line(["", ...data.series.map(({ name }) => name)], "th");
    data.titles.forEach((title, index) => line([title, ...data.series.map(({ values, unit }) => shown(values[index], unit))], "td"));
    return hidden;
  };

  const draw = (place) => {
    const data = JSON.parse(document.getElementById(place.dataset.source).textContent);
    const colours = palette();
    const chart = charts.get(place) ?? window.echarts.init(place, null, { renderer: "canvas" });
    if (!charts.has(place)) {
      charts.set(place, chart);
      place.setAttribute("role", "img");
      place.after(table(data));
      new ResizeObserver(() => chart.resize()).observe(place);
    }
    const kind = place.dataset.chart;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.webdriver;
    chart.setOption(
      { animation: !calm, animationDuration: 400, textStyle: { fontFamily: font }, ...(kind === "funnel" ? funnel(data, colours) : cartesian(kind, data, colours)) },
      true,
    );
    place.dataset.drawn = "true";
  };

  const drawAll = async (scope) => {
    const found = [...scope.querySelectorAll("[data-chart]")];
    if (scope.matches?.("[data-chart]")) found.push(scope);
    if (!found.length) return;
    await load();
    found.forEach(draw);
  };

  document.addEventListener("theme:change", () => charts.forEach((_, element) => draw(element)));
  document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    charts.get(target)?.dispose();
    charts.delete(target);
  });
  document.addEventListener("htmx:load", ({ detail }) => drawAll(detail.elt));
  drawAll(document);
})();
