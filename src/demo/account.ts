import { html, nothing } from 'lit-html'
import type { Session } from '../client/kiosk.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import { say } from './notices.ts'
import type { Page } from './page.ts'
import { recipientFields } from './recipient.ts'
import { go, link, logIn, logOut, shop } from './session.ts'

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
        <p>New here? <a href=${link('/register', { to })}>Make an account</a></p>
      </div>
    `,
  }
}

const nobody = { name: '', phone: '', address: null }

export function registerPage(query: URLSearchParams): Page {
  const form = new Form()
  const to = query.get('to') ?? '/'
  /** Of the account that was made, if only the log-in has failed. */
  let made = ''
  const enter = async ({
    name,
    email,
    password,
    phone,
    address,
  }: Entered<'name' | 'email' | 'password' | 'phone' | 'address'>) => {
    if (made !== email) await shop.register({ name, email, password, phone, address: address || null })
    made = email
    await logIn({ email, password })
    say(`Welcome, ${name}!`)
    location.replace(link(to))
  }
  return {
    title: 'Make an account',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">Make an account</h1>
        <form @submit=${form.send(enter)}>
          ${field(form, 'email', 'E-mail', { type: 'email', autocomplete: 'username', maxlength: 254 })}
          ${field(form, 'password', 'Password', {
            type: 'password',
            autocomplete: 'new-password',
            minlength: 8,
            maxlength: 128,
            hint: 'At least 8 characters; a few words are easy to remember.',
          })}
          ${recipientFields(form, nobody, { needsAddress: false })}
          ${form.view('name', 'email', 'password', 'phone', 'address')} ${submit(form, 'Make the account')}
        </form>
        <p>Been here before? <a href=${link('/login', { to })}>Log in</a></p>
      </div>
    `,
  }
}

export function accountPage(): Page {
  const profile = new Loading(() => shop.profile.get())
  const logins = new Loading(() => Array.fromAsync(shop.sessions.list({ page_size: 100 })))
  const [editing, securing, ending, leaving] = [new Form(), new Form(), new Form(), new Form()]

  async function save({ name, phone, address }: Entered<'name' | 'phone' | 'address'>): Promise<void> {
    profile.value = await shop.profile.replace({ name, phone, address: address || null })
    say('Saved.')
  }

  async function change({
    current_password,
    new_password,
  }: Entered<'current_password' | 'new_password'>): Promise<void> {
    await shop.changePassword({ current_password, new_password })
    await logins.again()
    say('Your password has been changed; every other login has ended.')
  }

  const end = ({ id }: Session) =>
    ending.run(async () => {
      await shop.sessions.end(id)
      await logins.again()
    })

  const leave = () =>
    leaving.run(async () => {
      await logOut()
      go('/')
    })

  return {
    title: 'Account',
    view: () => html`
      <h1 tabindex="-1">Your account</h1>
      <div class="columns">
        <section aria-labelledby="details">
          <h2 id="details">Details</h2>
          ${profile.view(
            (recipient) => html`
              <p>${recipient.email}</p>
              <form @submit=${editing.send(save)}>
                ${recipientFields(editing, recipient, { needsAddress: false })}
                ${editing.view('name', 'phone', 'address')} ${submit(editing, 'Save')}
              </form>
            `,
          )}
        </section>
        <section aria-labelledby="password">
          <h2 id="password">Password</h2>
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
            ${securing.view('current_password', 'new_password')} ${submit(securing, 'Change it')}
          </form>
          <h2>Where you are logged in</h2>
          ${logins.view(
            (list) =>
              html`<ul class="logins">
                ${list.map(
                  (login) =>
                    html`<li>
                      <span
                        >${browserOf(login.user_agent)}<br /><small
                          >used ${moment(login.last_used_at)}</small
                        ></span
                      >
                      ${
                        login.current
                          ? html`<span>this one</span>`
                          : html`<button
                              type="button"
                              class="quiet"
                              aria-disabled=${ending.isBusy ? 'true' : 'false'}
                              @click=${() => void end(login)}
                            >
                              End
                            </button>`
                      }
                    </li>`,
                )}
              </ul>`,
          )}
          ${ending.view()}
          <p>
            <button
              type="button"
              aria-disabled=${leaving.isBusy ? 'true' : 'false'}
              @click=${() => void leave()}
            >
              ${leaving.isBusy ? 'One moment …' : 'Log out'}
            </button>
          </p>
        </section>
      </div>
    `,
  }
}

/** The part of a user agent that people know. */
function browserOf(user_agent: string) {
  const known = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => user_agent.includes(name))
  if (user_agent === '') return nothing
  return { Edg: 'Edge', OPR: 'Opera' }[known ?? ''] ?? known ?? user_agent.slice(0, 40)
}
