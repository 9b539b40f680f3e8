import { html, nothing, type TemplateResult } from 'lit-html'
import { ifDefined } from 'lit-html/directives/if-defined.js'
import type { Problem } from '../client/kiosk.ts'
import { problemOf, sentenceOf } from './loading.ts'
import { requestRender } from './rendering.ts'

/** The values that were entered, by field. */
export type Entered<Name extends string> = Record<Name, string>

/** The state of a form: whether it is being sent, and the problem if that failed. */
export class Form {
  isBusy = false
  problem: Problem | undefined

  /** Handles `submit`: passes the entered values to `act` and, if that fails, focuses the first invalid field. */
  send<Name extends string>(act: (entered: Entered<Name>) => Promise<unknown>) {
    return async (event: SubmitEvent): Promise<void> => {
      event.preventDefault()
      const form = event.currentTarget as HTMLFormElement
      const entered = Object.fromEntries(new FormData(form)) as Entered<Name>
      await this.run(() => act(entered))
      if (this.problem) form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    }
  }

  async run(act: () => Promise<unknown>): Promise<void> {
    if (this.isBusy) return
    this.isBusy = true
    this.problem = undefined
    requestRender()
    try {
      await act()
    } catch (error) {
      this.problem = problemOf(error)
    } finally {
      this.isBusy = false
      requestRender()
    }
  }

  /** The problem, unless every message belongs to one of these fields. */
  view(...fields: string[]): TemplateResult | typeof nothing {
    if (!this.problem) return nothing
    const names = Object.keys(this.problem.errors)
    if (names.length > 0 && names.every((name) => fields.includes(name))) return nothing
    return html`<p class="wrong" role="alert">${sentenceOf(this.problem)}</p>`
  }
}

interface FieldOptions {
  /** The name, unless another field of the page has it. */
  id?: string
  type?: string
  value?: string
  autocomplete?: string
  inputmode?: string
  hint?: string
  required?: boolean
  minlength?: number
  maxlength?: number
  min?: number
  max?: number
  step?: string
  rows?: number
}

/** A labelled field with its error messages. */
export function field(form: Form, name: string, label: string, options: FieldOptions = {}): TemplateResult {
  const { id = name, type = 'text', value = '', hint, required = true, rows } = options
  const wrong = form.problem?.errors[name]
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined
  const input = rows
    ? html`<textarea
        id=${id}
        name=${name}
        rows=${rows}
        .value=${value}
        ?required=${required}
        maxlength=${ifDefined(options.maxlength)}
        autocomplete=${ifDefined(options.autocomplete)}
        aria-invalid=${wrong ? 'true' : 'false'}
        aria-describedby=${ifDefined(described)}
      ></textarea>`
    : html`<input
        id=${id}
        name=${name}
        type=${type}
        .value=${value}
        ?required=${required}
        minlength=${ifDefined(options.minlength)}
        maxlength=${ifDefined(options.maxlength)}
        min=${ifDefined(options.min)}
        max=${ifDefined(options.max)}
        step=${ifDefined(options.step)}
        inputmode=${ifDefined(options.inputmode)}
        autocomplete=${ifDefined(options.autocomplete)}
        aria-invalid=${wrong ? 'true' : 'false'}
        aria-describedby=${ifDefined(described)}
      />`
  return html`
    <p class="field">
      <label for=${id}>${label}</label>
      ${input} ${hint ? html`<small id="${id}-hint">${hint}</small>` : nothing}
      ${wrong ? html`<small class="wrong" id="${id}-wrong">${wrong.join(' ')}</small>` : nothing}
    </p>
  `
}

export function choice(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onChange?: (value: string) => void,
): TemplateResult {
  const changed = (event: Event) => onChange?.((event.currentTarget as HTMLSelectElement).value)
  return html`
    <p class="field">
      <label for=${name}>${label}</label>
      <select id=${name} name=${name} .value=${value} @change=${changed}>
        ${options.map(([each, text]) => html`<option value=${each} ?selected=${each === value}>${text}</option>`)}
      </select>
    </p>
  `
}

/** The submit button of a form. Not disabled while the form is being sent, so that it keeps the focus. */
export function submit(form: Form, label: string): TemplateResult {
  return html`<button class="primary" aria-disabled=${form.isBusy ? 'true' : 'false'}>
    ${form.isBusy ? 'Please wait …' : label}
  </button>`
}

/** A button for an action that cannot be undone: it acts on the second press. */
export class ConfirmButton {
  readonly form = new Form()
  #isArmed = false

  constructor(
    readonly label: string,
    readonly confirmLabel: string,
    readonly act: () => Promise<unknown>,
  ) {}

  view(): TemplateResult {
    const press = () => {
      if (this.#isArmed) void this.form.run(this.act)
      this.#isArmed = true
      requestRender()
    }
    return html`
      <p>
        <button
          type="button"
          class=${this.#isArmed ? 'danger' : 'quiet'}
          aria-disabled=${this.form.isBusy ? 'true' : 'false'}
          @click=${press}
        >
          ${this.#isArmed ? this.confirmLabel : this.label}
        </button>
      </p>
      ${this.form.view()}
    `
  }
}
