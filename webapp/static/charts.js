// Draw every chart of the page from the option that lies beside it.
for (const figure of document.querySelectorAll("[data-chart]")) {
  const option = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const chart = echarts.init(figure.querySelector(".canvas"), null, { renderer: "svg" });
  chart.setOption(option);
  new ResizeObserver(() => chart.resize()).observe(figure);
}
