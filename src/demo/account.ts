import { html, nothing } from 'lit-html'
import { sendsMail } from './about.ts'
import type { Session } from '../client/kiosk.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { PersonalData } from './personal-data.ts'
import { emptyRecipient, recipientFields, recipientIn, recipientNames } from './recipient.ts'
import { go, link, logIn, logOut, sessionChanged, shop } from './session.ts'

export function logInPage(query: URLSearchParams): Page {
  const form = new Form()
  const to = query.get('to') ?? '/'
  const enter = async ({ email, password }: Entered<'email' | 'password'>) => {
    await logIn({ email, password })
    location.replace(link(to))
  }
  return {
    title: 'Log in',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">Log in</h1>
        <form @submit=${form.send(enter)}>
          ${field(form, 'email', 'E-mail', { type: 'email', autocomplete: 'username' })}
          ${field(form, 'password', 'Password', { type: 'password', autocomplete: 'current-password' })}
          ${form.view('email', 'password')} ${submit(form, 'Log in')}
        </form>
        ${sendsMail() ? html`<p><a href="#/forgot-password">Forgot your password?</a></p>` : nothing}
        <p>New here? <a href=${link('/register', { to })}>Create account</a></p>
      </div>
    `,
  }
}

export function registerPage(query: URLSearchParams): Page {
  const form = new Form()
  const to = query.get('to') ?? '/'
  const key = new IdempotencyKey()
  /** The e-mail of an account that was created although the log-in failed. */
  let created = ''
  const enter = async ({ email = '', password = '', ...entered }: Entered<string>) => {
    const recipient = recipientIn(entered)
    if (created !== email)
      await key.send((withKey) => shop.register({ ...recipient, email, password }, withKey))
    created = email
    if (shop.account)
      sessionChanged() // a guest has become the account
    else await logIn({ email, password })
    notify(`Welcome, ${recipient.name}!`)
    location.replace(link(to))
  }
  return {
    title: 'Create account',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">Create account</h1>
        <form @submit=${form.send(enter)}>
          ${field(form, 'email', 'E-mail', { type: 'email', autocomplete: 'username', maxlength: 254 })}
          ${field(form, 'password', 'Password', {
            type: 'password',
            autocomplete: 'new-password',
            minlength: 8,
            maxlength: 128,
            hint: 'At least 8 characters. A few random words are easy to remember.',
          })}
          ${recipientFields(form, emptyRecipient, { needsAddress: false })}
          ${form.view('email', 'password', ...recipientNames())} ${submit(form, 'Create account')}
        </form>
        <p>Already have an account? <a href=${link('/login', { to })}>Log in</a></p>
      </div>
    `,
  }
}

/** A guest has no e-mail, no password and no other session. */
function guestPage(): Page {
  const data = new PersonalData()
  return {
    title: 'Account',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">You are a guest</h1>
        <p>
          <a href=${link('/register', { to: '/account' })}>Create an account</a> to keep your cart and your
          orders. Without one you can see them on this device only, until a day after your last visit.
        </p>
        ${data.view()}
      </div>
    `,
  }
}

export function accountPage(): Page {
  if (shop.account?.is_guest) return guestPage()
  const data = new PersonalData()
  const profile = new Loading(() => shop.profile.get())
  const sessions = new Loading(() => Array.fromAsync(shop.sessions.list({ page_size: 100 })))
  const [editing, moving, securing, ending, leaving] = Array.from({ length: 5 }, () => new Form()) as [
    Form,
    Form,
    Form,
    Form,
    Form,
  ]
  /** The new address that has been sent a mail. */
  let asked = ''

  async function save(entered: Entered<string>): Promise<void> {
    profile.set(await shop.profile.replace(recipientIn(entered)))
    notify('Changes saved.')
  }

  async function move({ email, password }: Entered<'email' | 'password'>): Promise<void> {
    await shop.changeEmail({ email, password })
    asked = email
  }

  async function change({
    current_password,
    new_password,
  }: Entered<'current_password' | 'new_password'>): Promise<void> {
    await shop.changePassword({ current_password, new_password })
    await sessions.reload()
    notify('Your password has been changed. All other sessions have ended.')
  }

  const end = ({ id }: Session) =>
    ending.run(async () => {
      await shop.sessions.end(id)
      await sessions.reload()
    })

  const leave = () =>
    leaving.run(async () => {
      await logOut()
      go('/')
    })

  const emailView = () => html`
    <h2>E-mail</h2>
    <form @submit=${moving.send(move)}>
      ${field(moving, 'email', 'New e-mail', { type: 'email', autocomplete: 'email', maxlength: 254 })}
      ${field(moving, 'password', 'Your password', { type: 'password', autocomplete: 'current-password' })}
      ${moving.view('email', 'password')} ${submit(moving, 'Change e-mail')}
    </form>
    ${asked === '' ? nothing : html`<p role="status">We have sent a mail to ${asked}. Open its link to confirm the address.</p>`}
  `

  return {
    title: 'Account',
    view: () => html`
      <div class="toolbar">
        <h1 tabindex="-1">Your account</h1>
        <button type="button" aria-disabled=${leaving.isBusy ? 'true' : 'false'} @click=${() => void leave()}>
          ${leaving.isBusy ? 'Please wait …' : 'Log out'}
        </button>
      </div>
      <div class="columns">
        <section aria-labelledby="details">
          <h2 id="details">Details</h2>
          ${profile.view(
            (recipient) => html`
              <p>${recipient.email}</p>
              <form @submit=${editing.send(save)}>
                ${recipientFields(editing, recipient, { needsAddress: false })}
                ${editing.view(...recipientNames())} ${submit(editing, 'Save')}
              </form>
              ${sendsMail() ? emailView() : nothing}
            `,
          )}
        </section>
        <section aria-labelledby="security">
          <h2 id="security">Password</h2>
          <form @submit=${securing.send(change)}>
            ${field(securing, 'current_password', 'Current password', {
              type: 'password',
              autocomplete: 'current-password',
            })}
            ${field(securing, 'new_password', 'New password', {
              type: 'password',
              autocomplete: 'new-password',
              minlength: 8,
              maxlength: 128,
            })}
            ${securing.view('current_password', 'new_password')} ${submit(securing, 'Change password')}
          </form>
          <h2>Active sessions</h2>
          ${sessions.view(
            (list) =>
              html`<ul class="sessions">
                ${list.map(
                  (session) =>
                    html`<li>
                      <span
                        >${browserOf(session.user_agent)}<br /><small
                          >Last used ${moment(session.last_used_at)}</small
                        ></span
                      >
                      ${
                        session.current
                          ? html`<span>This session</span>`
                          : html`<button
                              type="button"
                              class="quiet"
                              aria-disabled=${ending.isBusy ? 'true' : 'false'}
                              @click=${() => void end(session)}
                            >
                              End session
                            </button>`
                      }
                    </li>`,
                )}
              </ul>`,
          )}
          ${ending.view()} ${data.view()}
        </section>
      </div>
    `,
  }
}

/** The name of the browser, without the rest of its user agent. */
function browserOf(user_agent: string) {
  const known = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => user_agent.includes(name))
  if (user_agent === '') return nothing
  return { Edg: 'Edge', OPR: 'Opera' }[known ?? ''] ?? known ?? user_agent.slice(0, 40)
}
