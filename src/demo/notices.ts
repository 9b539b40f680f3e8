import { html, nothing } from 'lit-html'
import { requestRender } from './rendering.ts'

interface Notice {
  text: string
  kind: 'info' | 'problem'
}

const SHOWN_MILLISECONDS = 6000
/** The height of a notice of a few lines, with its distance from the edge of the screen. */
const STRIP_PIXELS = 120

let shown: Notice | undefined

/** Shows a notice for a few seconds; screen readers announce it. */
export function notify(text: string, kind: Notice['kind'] = 'info'): void {
  const notice = { text, kind }
  shown = notice
  setTimeout(() => shown === notice && dismiss(), SHOWN_MILLISECONDS)
  requestRender()
}

addEventListener('scroll', () => shown && requestRender())

/** A notice at the bottom would cover a button that the user is about to press. */
function isButtonAtBottom(): boolean {
  return [...document.querySelectorAll('main .primary')].some((button) => {
    const { top, bottom } = button.getBoundingClientRect()
    return top < innerHeight && bottom > innerHeight - STRIP_PIXELS
  })
}

function dismiss(): void {
  shown = undefined
  requestRender()
}

export const noticesView = () => html`
  <div class="notices ${shown && isButtonAtBottom() ? 'at-top' : ''}" role="status">
    ${
      shown
        ? html`<p class="notice ${shown.kind}">
            ${shown.text}
            <button class="quiet" type="button" aria-label="Dismiss" @click=${dismiss}>×</button>
          </p>`
        : nothing
    }
  </div>
`
