import { html, nothing, type TemplateResult } from 'lit-html'
import { ifDefined } from 'lit-html/directives/if-defined.js'
import type { Problem } from '../client/kiosk.ts'
import { problemOf, sentenceOf } from './loading.ts'
import { update } from './update.ts'

/** What was entered into the fields of these names. */
export type Entered<Name extends string> = Record<Name, string>

/** A form being sent, and what the shop said of it. */
export class Form {
  isBusy = false
  problem: Problem | undefined

  /** `act` gets what was entered. The first field that was refused gets the focus. */
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
    update()
    try {
      await act()
    } catch (error) {
      this.problem = problemOf(error)
    } finally {
      this.isBusy = false
      update()
    }
  }

  /** What is wrong but belongs to no field of the form. */
  view(...fields: string[]): TemplateResult | typeof nothing {
    if (!this.problem) return nothing
    const told = Object.keys(this.problem.errors)
    if (told.length > 0 && told.every((name) => fields.includes(name))) return nothing
    return html`<p class="wrong" role="alert">${sentenceOf(this.problem)}</p>`
  }
}

interface FieldOptions {
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

/** A labelled field, with what the shop said of it. */
export function field(form: Form, name: string, label: string, options: FieldOptions = {}): TemplateResult {
  const { type = 'text', value = '', hint, required = true, rows } = options
  const wrong = form.problem?.errors[name]
  const described = [hint && `${name}-hint`, wrong && `${name}-wrong`].filter(Boolean).join(' ') || undefined
  const input = rows
    ? html`<textarea
        id=${name}
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
        id=${name}
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
      <label for=${name}>${label}</label>
      ${input} ${hint ? html`<small id="${name}-hint">${hint}</small>` : nothing}
      ${wrong ? html`<small class="wrong" id="${name}-wrong">${wrong.join(' ')}</small>` : nothing}
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

/** The button of a form. It stays where the focus is, and does nothing while the form is being sent. */
export function submit(form: Form, label: string): TemplateResult {
  return html`<button class="primary" aria-disabled=${form.isBusy ? 'true' : 'false'}>
    ${form.isBusy ? 'One moment …' : label}
  </button>`
}

/** A button for what cannot be undone: it acts when it is pressed again. */
export class SureButton {
  readonly form = new Form()
  #isSure = false

  constructor(
    readonly label: string,
    readonly sureLabel: string,
    readonly act: () => Promise<unknown>,
  ) {}

  view(): TemplateResult {
    const press = () => {
      if (this.#isSure) void this.form.run(this.act)
      this.#isSure = true
      update()
    }
    return html`
      <p>
        <button
          type="button"
          class=${this.#isSure ? 'danger' : 'quiet'}
          aria-disabled=${this.form.isBusy ? 'true' : 'false'}
          @click=${press}
        >
          ${this.#isSure ? this.sureLabel : this.label}
        </button>
      </p>
      ${this.form.view()}
    `
  }
}
