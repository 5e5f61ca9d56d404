// Numbers with the signs that the person wants; without a wish as the page's language writes them.
const wish = { comma: [",", "."], dot: [".", ","], space: ["\u00a0", ","] }[document.documentElement.dataset.numbers];

export const separators = wish ? wish[1] + wish[0] : ".,"; // as Plotly wants them: decimals first

export function spelling(options) {
  const plain = new Intl.NumberFormat(document.documentElement.lang || undefined, options);
  if (!wish) return plain;
  const signs = { group: wish[0], decimal: wish[1] };
  return { format: (number) => plain.formatToParts(number).map(({ type, value }) => signs[type] ?? value).join("") };
}
