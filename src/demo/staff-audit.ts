import { html, nothing, type TemplateResult } from 'lit-html'
import type { AuditLogEntry } from '../client/kiosk.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import type { Page } from './page.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { table } from './table.ts'
import { update } from './update.ts'

interface Finding {
  checked: number
  violations: number
  first_ids: number[]
}

export function staffAuditPage(): Page {
  const actions = new Loading<AuditLogEntry[]>(
    async () => (await shop.admin.auditLog.list({ page_size: 50 }).first()).results,
  )
  const running = new Form()
  let isOpen = true
  let findings = new Map<string, Finding>()

  const run = () =>
    running.run(async () => {
      findings = new Map()
      for await (const { check, checked, violations, first_ids } of shop.admin.checkIntegrity()) {
        if (!isOpen) return
        const before = findings.get(check) ?? { checked: 0, violations: 0, first_ids: [] }
        findings.set(check, {
          checked: before.checked + checked,
          violations: before.violations + violations,
          first_ids: [...before.first_ids, ...first_ids],
        })
        update()
      }
    })

  return {
    title: 'Audit',
    close: () => void (isOpen = false),
    view: () => html`
      ${staffNav('/staff/audit')}
      <h1 tabindex="-1">Audit</h1>
      <p>
        Compares stock with its ledger, totals with lines and statuses with events, through the whole shop.
      </p>
      <p>
        <button
          type="button"
          class="primary"
          aria-disabled=${running.isBusy ? 'true' : 'false'}
          @click=${() => void run()}
        >
          ${running.isBusy ? 'Looking …' : 'Look now'}
        </button>
      </p>
      ${running.view()}
      <div role="status">${findings.size > 0 ? findingsView(findings, running.isBusy) : nothing}</div>
      <h2>What staff did</h2>
      ${actions.view(actionsView)}
    `,
  }
}

function findingsView(findings: Map<string, Finding>, isRunning: boolean): TemplateResult {
  const wrong = [...findings.values()].reduce((sum, { violations }) => sum + violations, 0)
  return html`
    ${isRunning ? nothing : html`<p><strong>${wrong === 0 ? 'All is as it should be.' : `${wrong} things are wrong.`}</strong></p>`}
    <ul class="findings">
      ${[...findings].map(
        ([check, { checked, violations, first_ids }]) =>
          html`<li>
            <span>${check.replaceAll('_', ' ')}</span>
            <span class=${violations === 0 ? '' : 'wrong'}>
              ${violations === 0 ? `${checked} checked` : `${violations} of ${checked} wrong: ${first_ids.slice(0, 10).join(', ')}`}
            </span>
          </li>`,
      )}
    </ul>
  `
}

function actionsView(actions: AuditLogEntry[]): TemplateResult {
  if (actions.length === 0) return html`<p class="count">Nothing yet.</p>`
  return table(
    'Actions of staff',
    [['When'], ['Who'], ['What']],
    actions.map(
      ({ at, actor, method, path, body }) =>
        html`<tr>
          <td>${moment(at)}</td>
          <td>${actor ?? 'a command'}</td>
          <td>
            <code>${method} ${path}</code>${body === null ? nothing : html`<br /><small>${body}</small>`}
          </td>
        </tr>`,
    ),
  )
}
