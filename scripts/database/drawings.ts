/** Drawings of the products of the demo shop, as SVG. The same words always give the same picture. */

interface Palette {
  background: string
  body: string
  shade: string
  accent: string
}

type Draw = (colours: Palette) => string

const label = ({ accent, background }: Palette, y: number) => `
  <rect x="280" y="${y}" width="240" height="150" rx="14" fill="${background}"/>
  <circle cx="400" cy="${y + 58}" r="30" fill="${accent}"/>
  <rect x="330" y="${y + 108}" width="140" height="12" rx="6" fill="${accent}"/>`

const bag: Draw = (colours) => `
  <path d="M250 190h300l30 450q2 40-38 40H258q-40 0-38-40z" fill="${colours.body}"/>
  <path d="M250 190h300l6 90H244z" fill="${colours.shade}"/>
  <rect x="236" y="160" width="328" height="46" rx="12" fill="${colours.accent}"/>
  ${label(colours, 360)}`

const tin: Draw = (colours) => `
  <rect x="230" y="220" width="340" height="460" rx="26" fill="${colours.body}"/>
  <rect x="450" y="220" width="120" height="460" rx="26" fill="${colours.shade}"/>
  <rect x="214" y="150" width="372" height="96" rx="22" fill="${colours.accent}"/>
  ${label(colours, 380)}`

const grinder: Draw = ({ body, shade, accent }) => `
  <path d="M400 180h190" stroke="${shade}" stroke-width="24" stroke-linecap="round"/>
  <circle cx="600" cy="180" r="34" fill="${accent}"/>
  <rect x="386" y="170" width="28" height="90" fill="${shade}"/>
  <rect x="300" y="250" width="200" height="190" rx="22" fill="${body}"/>
  <rect x="284" y="430" width="232" height="40" rx="14" fill="${accent}"/>
  <rect x="310" y="464" width="180" height="220" rx="22" fill="${shade}"/>`

const kettle: Draw = ({ body, shade, accent }) => `
  <path d="M270 560q-120-20-110-170 4-70-50-90" fill="none" stroke="${shade}" stroke-width="30" stroke-linecap="round"/>
  <path d="M520 330q170 20 130 190-14 60-90 70" fill="none" stroke="${accent}" stroke-width="34" stroke-linecap="round"/>
  <path d="M290 330h220l60 300q6 44-40 44H270q-46 0-40-44z" fill="${body}"/>
  <rect x="280" y="296" width="240" height="48" rx="18" fill="${shade}"/>
  <circle cx="400" cy="270" r="28" fill="${accent}"/>`

const mug: Draw = ({ body, shade, accent }) => `
  <path d="M530 370q120-10 110 90-10 100-130 90" fill="none" stroke="${shade}" stroke-width="38"/>
  <path d="M230 290h320v270q0 110-110 110H340q-110 0-110-110z" fill="${body}"/>
  <path d="M230 290h320v90q-60 70-110 10t-110 20-100-20z" fill="${accent}"/>
  <ellipse cx="390" cy="290" rx="160" ry="34" fill="${shade}"/>`

const filters: Draw = ({ body, shade, accent }) =>
  [0, 1, 2, 3].map((n) => {
    const [x, y] = [-54 + n * 36, 54 - n * 36]
    return `<path d="M${210 + x} ${230 + y}q190-90 380 0l-120 340q-70 40-140 0z" fill="${n % 2 ? body : shade}"
      stroke="${accent}" stroke-width="6"/>`
  }).join('') // prettier-ignore

const DRAWINGS: [word: string, alt: string, draw: Draw][] = [
  ['grinder', 'A hand grinder with a crank', grinder],
  ['kettle', 'A kettle with a thin, curved spout', kettle],
  ['mug', 'A glazed mug', mug],
  ['filters', 'Four paper filters', filters],
  ['100 g', 'A tin of tea', tin],
  ['250 g', 'A paper bag of coffee', bag],
]

/** A square picture of a product with this name, 800 pixels a side. The n-th one has its own colours. */
export function drawingOf(name: string, n: number): { alt: string; svg: string } {
  const [, alt, draw] = DRAWINGS.find(([word]) => name.includes(word))!
  const hue = Math.floor(n * 137.508) % 360 // neighbours get distant hues
  const colours = {
    background: `hsl(${hue} 38% 90%)`,
    body: `hsl(${hue} 45% 52%)`,
    shade: `hsl(${hue} 42% 40%)`,
    accent: `hsl(${(hue + 40) % 360} 62% 62%)`,
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800" width="800" height="800">
  <rect width="800" height="800" fill="${colours.background}"/>
  <ellipse cx="400" cy="690" rx="250" ry="34" fill="${colours.shade}" opacity="0.25"/>
  ${draw(colours)}
</svg>`
  return { alt, svg }
}
