import { html, nothing, type TemplateResult } from 'lit-html'
import type { AuditLogEntry } from '../client/kiosk.ts'
import { actorName } from './actor.ts'
import { Form } from './form.ts'
import { Loading } from './loading.ts'
import { moment } from './money.ts'
import type { Page } from './page.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { moreThanShown, table } from './table.ts'
import { requestRender } from './rendering.ts'

interface CheckResult {
  checked: number
  violations: number
  /** Of the rows checked, those that wait for a job of the shop. */
  backlog: number
  first_ids: number[]
}

export function staffActivityPage(): Page {
  const entries = new Loading(() => shop.admin.auditLog.list({ page_size: 50 }).first())
  const running = new Form()
  let isOpen = true
  let results = new Map<string, CheckResult>()

  const run = () =>
    running.run(async () => {
      results = new Map()
      for await (const { check, checked, violations, backlog, first_ids } of shop.admin.checkIntegrity()) {
        if (!isOpen) return
        const before = results.get(check) ?? { checked: 0, violations: 0, backlog: 0, first_ids: [] }
        results.set(check, {
          checked: before.checked + checked,
          violations: before.violations + violations,
          backlog: before.backlog + backlog,
          first_ids: [...before.first_ids, ...first_ids],
        })
        requestRender()
      }
    })

  return {
    title: 'Activity',
    close: () => void (isOpen = false),
    view: () => html`
      ${staffNav('/staff/activity')}
      <h1 tabindex="-1">Activity</h1>
      <h2>Integrity check</h2>
      <p>Checks stock, order totals, taxes, statuses and payments against their ledgers.</p>
      <p>
        <button
          type="button"
          class="primary"
          aria-disabled=${running.isBusy ? 'true' : 'false'}
          @click=${() => void run()}
        >
          ${running.isBusy ? 'Checking …' : 'Run check'}
        </button>
      </p>
      ${running.view()}
      <div role="status">
        ${results.size > 0 ? resultsView(results, !running.isBusy && !running.problem) : nothing}
      </div>
      <h2>Activity log</h2>
      ${entries.view((page) => html`${logView(page.results)} ${moreThanShown(page)}`)}
    `,
  }
}

function resultsView(results: Map<string, CheckResult>, isComplete: boolean): TemplateResult {
  const problems = [...results.values()].reduce((sum, { violations }) => sum + violations, 0)
  return html`
    ${isComplete ? html`<p><strong>${problems === 0 ? 'No problems found.' : `Problems found: ${problems}`}</strong></p>` : nothing}
    <ul class="results">
      ${[...results].map(
        ([check, result]) =>
          html`<li>
            <span>${check.replaceAll('_', ' ')}</span>
            <span class=${result.violations === 0 ? '' : 'wrong'}>${sentenceOf(result)}</span>
          </li>`,
      )}
    </ul>
  `
}

/** A check of a backlog only counts rows that wait for a job: `none` is its good result. */
function sentenceOf({ checked, violations, backlog, first_ids }: CheckResult): string {
  if (violations > 0) return `${violations} of ${checked} failed: ${first_ids.slice(0, 10).join(', ')}`
  if (backlog > 0) return `${backlog} waiting`
  return checked === 0 ? 'none' : `${checked} checked`
}

function logView(entries: AuditLogEntry[]): TemplateResult {
  if (entries.length === 0) return html`<p class="count">No activity yet.</p>`
  return table(
    'Activity log',
    [['Time'], ['Account'], ['Request']],
    entries.map(
      ({ at, actor, method, path, body }) =>
        html`<tr>
          <td>${moment(at)}</td>
          <td>${actorName(actor, 'Command')}</td>
          <td>
            <code>${method} ${path}</code>${body === null ? nothing : html`<br /><small>${body}</small>`}
          </td>
        </tr>`,
    ),
    { isStacked: true },
  )
}
