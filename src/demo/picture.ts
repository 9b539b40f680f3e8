import { html, svg, type TemplateResult } from 'lit-html'
import type { Picture, Product } from '../client/kiosk.ts'

/** The first picture of a product, or shapes in its place. `sizes` is its width on the page, as in HTML. */
export function pictureOf({ id, pictures: [first] }: Product, sizes: string): TemplateResult {
  return first ? photo(first, sizes) : shapes(id)
}

/** A picture in the smallest file that is wide enough. Its place has its size before it is loaded. */
export function photo({ url, width, height, alt, sources }: Picture, sizes: string): TemplateResult {
  const srcset = sources.map((source) => `${source.url} ${source.width}w`).join(', ')
  return html`<img
    class="picture"
    sizes=${sizes}
    srcset=${srcset}
    src=${url}
    width=${width}
    height=${height}
    alt=${alt}
    loading="lazy"
    decoding="async"
  />`
}

/** A placeholder: shapes of one palette, always the same for a product. */
export function shapes(id: number): TemplateResult {
  const roll = rolling(id)
  const hue = Math.floor((id * GOLDEN_ANGLE) % 360) // neighbouring ids get distant hues
  const background = `hsl(${hue} 42% 86%)`
  const tones = [0, 28, 200].map((turn, n) => `hsl(${(hue + turn) % 360} ${38 + n * 8}% ${62 - n * 14}%)`)
  const drawn = tones.map((fill) => shape(roll, fill))
  return html`
    <svg class="picture" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      <rect width="100" height="100" fill=${background} />
      ${drawn}
    </svg>
  `
}

/** In degrees. */
const GOLDEN_ANGLE = 137.508

type Roll = () => number

function shape(roll: Roll, fill: string): TemplateResult {
  switch (Math.floor(roll() * 4)) {
    case 0:
      return svg`<circle cx=${20 + roll() * 60} cy=${20 + roll() * 60} r=${12 + roll() * 22} fill=${fill} />`
    case 1: {
      const [x, y, size] = [15 + roll() * 40, 15 + roll() * 40, 24 + roll() * 28]
      const turn = `rotate(${roll() * 90} 50 50)`
      return svg`<rect x=${x} y=${y} width=${size} height=${size} rx="6" fill=${fill} transform=${turn} />`
    }
    case 2: {
      const [x, y] = [10 + roll() * 20, 60 + roll() * 30]
      return svg`<path d="M${x} ${y} Q50 ${roll() * 60} ${100 - x} ${y} Z" fill=${fill} />`
    }
    default: {
      const [left, right] = [55 + roll() * 20, 55 + roll() * 20]
      return svg`<path d="M0 ${left} Q25 ${left - 18} 50 ${left} T100 ${right} V100 H0 Z" fill=${fill} />`
    }
  }
}

/** A seeded pseudo-random generator of numbers from 0 to 1. */
function rolling(seed: number): Roll {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
