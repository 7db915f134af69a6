// Chooses the language, draws the charts that come into sight, follows light and dark.
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const known = (text) => ["zh", "en"].find((one) => (text || "").toLowerCase().split(/[-_]/)[0] === one);
  const asked = () =>
    known(location.hash.slice(1)) ||
    known(new URLSearchParams(location.search).get("lang")) ||
    (navigator.languages || [navigator.language]).map(known).find(Boolean) ||
    "en";
  root.lang = root.dataset.lang = asked();

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const shown = () => document.querySelector(`main[lang=${root.dataset.lang}]`);

  function look() {
    const ink = dark.matches ? "#e5e9f0" : "#1f2937";
    const line = dark.matches ? "#3b4657" : "#d8dee7";
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
    return {
      data: { bar: [{ error_y: { color: ink } }] },
      layout: {
        font: { color: ink, family: getComputedStyle(document.body).fontFamily, size: 12 },
        xaxis: axis,
        yaxis: axis,
        polar: {
          angularaxis: { gridcolor: line, linecolor: line },
          radialaxis: { gridcolor: line, linecolor: line },
        },
      },
    };
  }

  function draw(box) {
    if (box.dataset.drawn || !window.Plotly) return;
    box.dataset.drawn = "1";
    const { data, layout, config } = JSON.parse(box.previousElementSibling.textContent);
    if (layout.polar) layout.height = Math.min(layout.height, Math.max(400, 1.15 * box.clientWidth));
    box.style.minHeight = `${layout.height}px`;
    const locale = box.closest("main").lang;
    Plotly.newPlot(box, data, { ...layout, template: look() }, { ...config, locale });
  }

  function tell(language) {
    root.lang = root.dataset.lang = language;
    document.title = shown().dataset.title;
    all(".ex-switch a").forEach((link) => {
      if (link.lang === language) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  // Keeps what is read at its place on the screen: its twin has the same name.
  function change(language) {
    const place = all("[data-place]", shown()).filter((one) => one.getBoundingClientRect().top < innerHeight / 3).pop();
    const top = place && place.getBoundingClientRect().top;
    tell(language);
    const twin = place && all("[data-place]", shown()).find((one) => one.dataset.place === place.dataset.place);
    if (twin && scrollY) scrollBy(0, twin.getBoundingClientRect().top - top);
    all("[data-drawn]", shown()).forEach((box) => Plotly.Plots.resize(box));
    try {
      history.replaceState(null, "", `#${language}`);
    } catch {
      // A frame without an address of its own keeps none.
    }
  }

  addEventListener("hashchange", () => tell(asked()));
  dark.addEventListener("change", () =>
    all("[data-drawn]").forEach((box) => Plotly.relayout(box, { template: look() })),
  );
  addEventListener("beforeprint", () => all(".ex-chart", shown()).forEach(draw));

  addEventListener("DOMContentLoaded", () => {
    tell(root.dataset.lang);
    all(".ex-switch a").forEach((link) =>
      link.addEventListener("click", (event) => {
        event.preventDefault();
        change(link.lang);
      }),
    );
    all("script[data-words]").forEach((one) =>
      Plotly.register({
        moduleType: "locale",
        name: one.dataset.words,
        dictionary: JSON.parse(one.textContent),
        format: {},
      }),
    );
    const sight = new IntersectionObserver(
      (seen) =>
        seen
          .filter((one) => one.isIntersecting)
          .forEach((one) => {
            sight.unobserve(one.target);
            draw(one.target);
          }),
      { rootMargin: "600px" },
    );
    all(".ex-chart").forEach((box) => sight.observe(box));
  });
})();
