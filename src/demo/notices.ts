import { html, nothing } from 'lit-html'
import { update } from './update.ts'

interface Notice {
  text: string
  kind: 'news' | 'problem'
}

const SHOWN_MILLISECONDS = 6000

let shown: Notice | undefined

/** Says something that belongs to no place on the page; screen readers say it, too. */
export function say(text: string, kind: Notice['kind'] = 'news'): void {
  const notice = { text, kind }
  shown = notice
  setTimeout(() => shown === notice && dismiss(), SHOWN_MILLISECONDS)
  update()
}

function dismiss(): void {
  shown = undefined
  update()
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
