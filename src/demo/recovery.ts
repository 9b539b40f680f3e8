import { html, type TemplateResult } from 'lit-html'
import { type Entered, field, Form, submit } from './form.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { go, leave, link, logOut, shop } from './session.ts'

export function forgotPasswordPage(): Page {
  const form = new Form()
  let asked = ''
  const ask = async ({ email }: Entered<'email'>) => {
    await shop.requestPasswordReset(email)
    asked = email
  }
  return {
    title: 'Forgot password',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">Forgot password</h1>
        ${
          asked === ''
            ? html`<form @submit=${form.send(ask)}>
                ${field(form, 'email', 'E-mail', { type: 'email', autocomplete: 'username' })}
                ${form.view('email')} ${submit(form, 'Send mail')}
              </form>`
            : html`<p role="status">
                If there is an account for ${asked}, it gets a mail with a link to set a new password.
              </p>`
        }
        <p><a href=${link('/login')}>Log in</a></p>
      </div>
    `,
  }
}

export function resetPasswordPage(query: URLSearchParams): Page {
  const form = new Form()
  const token = query.get('token') ?? ''
  hideToken('/reset-password')
  const set = async ({ new_password }: Entered<'new_password'>) => {
    await endSessions(() => shop.resetPassword({ token, new_password }))
    notify('Your password has been changed. Please log in.')
    go('/login')
  }
  return {
    title: 'New password',
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">Set a new password</h1>
        <form @submit=${form.send(set)}>
          ${field(form, 'new_password', 'New password', {
            type: 'password',
            autocomplete: 'new-password',
            minlength: 8,
            maxlength: 128,
          })}
          ${form.view('new_password')} ${submit(form, 'Set password')}
        </form>
        ${isSpent(form) ? html`<p><a href="#/forgot-password">Ask for a new mail</a></p>` : ''}
      </div>
    `,
  }
}

/**
 * The button keeps programs that open the links in mails from using the token. The token of a confirmation is worth
 * nothing without a session, and stays in the address for the log-in to return to.
 */
export function confirmEmailPage(query: URLSearchParams): Page {
  const form = new Form()
  const token = query.get('token') ?? ''
  const isRestoring = location.hash.startsWith('#/restore-email')
  if (isRestoring) hideToken('/restore-email')
  let isDone = false
  const confirm = async () => {
    await (isRestoring ? endSessions(() => shop.restoreEmail(token)) : shop.confirmEmail(token))
    isDone = true
  }
  const title = isRestoring ? 'Undo the e-mail change' : 'Confirm your e-mail'
  return {
    title,
    view: () => html`
      <div class="narrow">
        <h1 tabindex="-1">${title}</h1>
        ${isDone ? doneView(isRestoring) : isRestoring || isAccount() ? html`<form @submit=${form.send(confirm)}>${form.view()} ${submit(form, title)}</form>` : logInFirst(token)}
        ${!isRestoring && isSpent(form) ? html`<p>A link that is still valid works only in the account that asked for it.</p>` : ''}
      </div>
    `,
  }
}

/** Runs an act that ends every session of an account. Guests stay: one who logs in takes the cart along. */
function endSessions(act: () => Promise<void>): Promise<void> {
  return leave(async () => {
    await act()
    if (isAccount()) await logOut()
  })
}

function isAccount(): boolean {
  return shop.account?.is_guest === false
}

function logInFirst(token: string): TemplateResult {
  return html`<p>Log in to your account to confirm that this address is yours.</p>
    <p>
      <a class="button" href=${link('/login', { to: link('/confirm-email', { token }).slice(1) })}>Log in</a>
    </p>`
}

function doneView(isRestoring: boolean): TemplateResult {
  return isRestoring
    ? html`<p role="status">Your account has its e-mail address again, and all devices are logged out.</p>
        <p><a class="button" href="#/forgot-password">Set a new password</a></p>`
    : html`<p role="status">Your e-mail address is confirmed.</p>
        <p><a class="button" href="#/">Continue shopping</a></p>`
}

/** Takes the token out of the address bar and the history. */
function hideToken(path: string): void {
  history.replaceState(history.state, '', link(path))
}

function isSpent({ problem }: Form): boolean {
  return problem?.errors['token'] !== undefined
}
