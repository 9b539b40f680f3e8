import { html, type TemplateResult } from 'lit-html'
import { Problem } from '../client/kiosk.ts'
import { say } from './notices.ts'
import { update } from './update.ts'

/** As tall as what will be there, so that nothing jumps. */
const placeholder = html`<div class="placeholder" aria-hidden="true">
  <span class="line"></span><span class="line long"></span><span class="line long"></span>
</div>`

/** Something that comes from the shop: not here yet, here, or refused. */
export class Loading<Value> {
  value: Value | undefined
  problem: Problem | undefined
  readonly #load: () => Promise<Value>
  #asked = 0

  constructor(load: () => Promise<Value>) {
    this.#load = load
    void this.again()
  }

  async again(): Promise<void> {
    const asked = (this.#asked += 1)
    this.problem = undefined
    update()
    try {
      const value = await this.#load()
      if (asked !== this.#asked) return // asked again meanwhile
      this.value = value
    } catch (error) {
      if (asked !== this.#asked) return
      this.problem = problemOf(error)
      if (this.problem.code === 'unreachable')
        addEventListener('online', () => void this.again(), { once: true })
      // What is there stays there.
      if (this.value !== undefined) say(sentenceOf(this.problem), 'problem')
    }
    update()
  }

  /** What is known from elsewhere, and newer than what is on its way. */
  set(value: Value): void {
    this.#asked += 1
    this.problem = undefined
    this.value = value
    update()
  }

  view(whenHere: (value: Value) => TemplateResult, meanwhile = placeholder): TemplateResult {
    if (this.value !== undefined) return whenHere(this.value)
    return this.problem ? problemView(this.problem, () => void this.again()) : meanwhile
  }
}

/** Anything else that is thrown is a fault of this page, for the console. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

export function problemView(problem: Problem, again: () => void): TemplateResult {
  if (problem.is('not_found'))
    return html`<div class="empty">
      <h1 tabindex="-1">There is nothing here.</h1>
      <a class="button" href="#/">To the shop</a>
    </div>`
  return html`
    <div class="empty" role="alert">
      <p>${sentenceOf(problem)}</p>
      <button type="button" @click=${again}>Try again</button>
    </div>
  `
}

/** Most of what the shop says is meant for people as it is. */
export function sentenceOf({ code, message }: Problem): string {
  switch (code) {
    case 'unreachable':
      return 'The shop cannot be reached just now. Are you offline?'
    case 'too_many_requests':
      return 'That was a little fast for us. Please wait a minute.'
    case 'token_missing':
      return 'Please log in.'
    default:
      return message
  }
}
