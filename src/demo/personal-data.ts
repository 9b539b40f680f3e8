import { html, type TemplateResult } from 'lit-html'
import { ConfirmButton, type Entered, field, Form, submit } from './form.ts'
import { notify } from './notices.ts'
import { saveFile } from './save-file.ts'
import { go, leave, shop } from './session.ts'

/** Lets customers download their data, and delete their account. */
export class PersonalData {
  readonly #downloading = new Form()
  readonly #deleting = new Form()
  readonly #deletingGuest = new ConfirmButton('Delete my data', 'Yes, delete my data', () => remove())

  view(): TemplateResult {
    const download = () => void this.#downloading.run(save)
    return html`
      <h2>Your data</h2>
      <p>
        <button type="button" aria-disabled=${this.#downloading.isBusy ? 'true' : 'false'} @click=${download}>
          Download my data
        </button>
      </p>
      ${this.#downloading.view()} ${shop.account?.is_guest ? this.#deletingGuest.view() : this.#deletion()}
    `
  }

  #deletion(): TemplateResult {
    const send = this.#deleting.send(({ password }: Entered<'password'>) => remove(password))
    return html`<details>
      <summary>Delete my account</summary>
      <p>
        The shop forgets your name, addresses and e-mail. It keeps what you have bought and paid, without your
        name. This cannot be undone.
      </p>
      <form @submit=${send}>
        ${field(this.#deleting, 'password', 'Password', {
          id: 'password-to-delete',
          type: 'password',
          autocomplete: 'current-password',
        })}
        ${this.#deleting.view('password')} ${submit(this.#deleting, 'Delete my account')}
      </form>
    </details>`
  }
}

async function save(): Promise<void> {
  const text = JSON.stringify(await shop.exportData(), undefined, 2)
  saveFile(new Blob([text], { type: 'application/json' }), 'my-data.json')
}

async function remove(password?: string): Promise<void> {
  await leave(() => shop.deleteAccount(password))
  notify('Your data has been deleted.')
  go('/')
}
