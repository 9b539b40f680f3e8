import { html, nothing } from 'lit-html'
import { requestRender } from './rendering.ts'

interface Notice {
  text: string
  kind: 'info' | 'problem'
}

const SHOWN_MILLISECONDS = 6000

let shown: Notice | undefined

/** Shows a notice for a few seconds; screen readers announce it. */
export function notify(text: string, kind: Notice['kind'] = 'info'): void {
  const notice = { text, kind }
  shown = notice
  setTimeout(() => shown === notice && dismiss(), SHOWN_MILLISECONDS)
  requestRender()
}

function dismiss(): void {
  shown = undefined
  requestRender()
}

export const noticesView = () => html`
  <div class="notices" role="status">
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
