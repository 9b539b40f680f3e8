import { html, type TemplateResult } from 'lit-html'
import { Problem } from '../client/kiosk.ts'
import { notify } from './notices.ts'
import { requestRender } from './rendering.ts'

/** As tall as the content, so that the layout does not shift. */
const placeholder = html`<div class="placeholder" aria-hidden="true">
  <span class="line"></span><span class="line long"></span><span class="line long"></span>
</div>`

/** In place of what cannot be loaded; the browser says when the page is online again. */
export const offlineView = html`<div class="empty" role="status">
  <p>This page cannot load while you are offline. It loads as soon as you are connected again.</p>
</div>`

/** Data from the shop: loading, loaded or failed. */
export class Loading<Value> {
  value: Value | undefined
  problem: Problem | undefined
  readonly #load: () => Promise<Value>
  #attempts = 0

  constructor(load: () => Promise<Value>) {
    this.#load = load
    void this.reload()
  }

  async reload(): Promise<void> {
    const attempt = (this.#attempts += 1)
    this.problem = undefined
    requestRender()
    try {
      const value = await this.#load()
      if (attempt !== this.#attempts) return // a later reload is under way
      this.value = value
    } catch (error) {
      if (attempt !== this.#attempts) return
      this.problem = problemOf(error)
      if (this.problem.code === 'unreachable')
        addEventListener('online', () => void this.reload(), { once: true })
      // The loaded value stays visible.
      if (this.value !== undefined) notify(sentenceOf(this.problem), 'problem')
    }
    requestRender()
  }

  /** Sets a value from another response, newer than any reload under way. */
  set(value: Value): void {
    this.#attempts += 1
    this.problem = undefined
    this.value = value
    requestRender()
  }

  view(loaded: (value: Value) => TemplateResult, loading = placeholder): TemplateResult {
    if (this.value !== undefined) return loaded(this.value)
    if (!navigator.onLine) return offlineView
    return this.problem ? problemView(this.problem, () => void this.reload()) : loading
  }
}

/** Rethrows other errors: they are bugs of this page and belong in the console. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

export function problemView(problem: Problem, retry: () => void): TemplateResult {
  if (problem.is('not_found'))
    return html`<div class="empty">
      <h1 tabindex="-1">Not found</h1>
      <a class="button" href="#/">Continue shopping</a>
    </div>`
  return html`
    <div class="empty" role="alert">
      <p>${sentenceOf(problem)}</p>
      <button type="button" @click=${retry}>Try again</button>
    </div>
  `
}

/** The sentence to show for a problem: for most, the one from the shop. */
export function sentenceOf({ code, detail }: Problem): string {
  switch (code) {
    case 'unreachable':
      if (!navigator.onLine) return 'You are offline. Connect and try again.'
      return 'The shop cannot be reached. Check your connection and try again.'
    case 'too_many_requests':
      return 'Too many requests. Please wait a minute.'
    case 'token_missing':
      return 'Please log in.'
    case 'idempotency_key_reused':
      return 'The shop has received what you sent before. Check what it did, then send this again if you still need it.'
    default:
      return detail
  }
}
