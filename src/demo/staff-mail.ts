import { html, nothing, type TemplateResult } from 'lit-html'
import type { UnsentMail } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { moreThanShown, table } from './table.ts'

export function staffMailPage(): Page {
  const mails = new Loading(() => shop.admin.mail.list({ page_size: 50 }).first())
  const sending = new Form()

  const sendAgain = ({ id }: UnsentMail) =>
    sending.run(async () => {
      await shop.admin.mail.sendAgain(id)
      notify('The mail is being sent again.')
      await mails.reload()
    })

  const listView = (list: UnsentMail[]): TemplateResult =>
    list.length === 0
      ? html`<p class="count">All mails have been sent.</p>`
      : table(
          'Mails that have not been sent',
          [['Since'], ['Order'], ['To'], ['State'], ['Actions']],
          list.map(
            (mail) =>
              html`<tr>
                <td>${moment(mail.created_at)}</td>
                <td>${mail.order_id}, ${mail.type}</td>
                <td>${mail.email}</td>
                <td>
                  ${mail.state === 'parked' ? 'Not sent' : `Next attempt ${moment(mail.next_at!)}`}
                  ${mail.error === null ? nothing : html`<br /><small>${mail.error}</small>`}
                </td>
                <td>
                  <button
                    type="button"
                    class="quiet"
                    aria-disabled=${sending.isBusy ? 'true' : 'false'}
                    @click=${() => void sendAgain(mail)}
                  >
                    Send again
                  </button>
                </td>
              </tr>`,
          ),
          { isStacked: true },
        )

  return {
    title: 'Mail',
    view: () => html`
      ${staffNav('/staff/mail')}
      <h1 tabindex="-1">Mails that have not been sent</h1>
      ${sending.view()} ${mails.view((page) => html`${listView(page.results)} ${moreThanShown(page)}`)}
    `,
  }
}
