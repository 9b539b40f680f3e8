import { html, nothing, type TemplateResult } from 'lit-html'
import { type ImportResult, type RowNote } from '../client/kiosk.ts'
import { type Entered, Form, submit } from './form.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { counted } from './plural.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { table } from './table.ts'

const FORMATS: Record<ImportResult['format'], string> = {
  kiosk: 'this shop',
  shopify: 'Shopify',
  woocommerce: 'WooCommerce',
}

/** The import of a spreadsheet: staff choose or paste it, see what would happen, and do it. */
export function staffImportPage(): Page {
  const [checking, importing] = [new Form(), new Form()]
  const leaving = new AbortController()
  const { signal } = leaving
  /** Ends a check when the form changes. */
  let changing = new AbortController()
  /** The file that was checked last: the import sends the same. */
  let file: Blob | undefined
  let preview: ImportResult | undefined
  /** Of the import that runs, in products; independent of the form, which staff may already use for another file. */
  let progress: { done: number; of: number } | undefined

  async function check({ file: chosen, pasted }: Entered<'pasted'> & { file: File }): Promise<void> {
    preview = undefined
    file = chosen.size > 0 ? chosen : new Blob([pasted])
    changing = new AbortController()
    const { signal: changed } = changing
    try {
      for await (const result of shop.admin.products.import(file, { dry_run: true, signal: changed }))
        preview = result
    } catch (error) {
      if (!changed.aborted) throw error
    }
  }

  async function run(): Promise<void> {
    let [created, updated] = [0, 0]
    const imported = preview!
    const running = { done: 0, of: imported.products }
    progress = running
    try {
      for await (const result of shop.admin.products.import(file!, { signal })) {
        created += result.created
        updated += result.updated
        running.done = result.done
        requestRender()
      }
      if (preview === imported) preview = undefined
      notify(`${counted(created, 'product')} created, ${updated} changed.`)
    } catch (error) {
      if (!signal.aborted) throw error
      notify(`The import was stopped at product ${running.done}. To finish it, import the file again.`)
    } finally {
      progress = undefined
    }
  }

  return {
    title: 'Import products',
    close() {
      leaving.abort()
      changing.abort()
    },
    view: () => html`
      ${staffNav('/staff/products')}
      <h1 tabindex="-1">Import products</h1>
      <p>
        Takes a CSV file of Shopify, of WooCommerce, or one that you exported here. Nothing changes before you
        have seen what would happen.
      </p>
      <form
        @submit=${checking.send<'file' | 'pasted'>((entered) => check(entered as never))}
        @input=${forget}
      >
        <p class="field">
          <label for="file">CSV file</label>
          <input id="file" name="file" type="file" accept=".csv,.txt,text/csv" />
        </p>
        <p class="field">
          <label for="pasted">Or paste cells of a spreadsheet, with their headers</label>
          <textarea id="pasted" name="pasted" rows="4" placeholder="name,price,stock"></textarea>
        </p>
        ${checking.view()} ${submit(checking, 'Check the file')}
      </form>
      <div role="status">${preview && !progress ? previewView(preview) : nothing}</div>
      ${progress ? progressView(progress) : preview ? importView(preview) : nothing} ${importing.view()}
    `,
  }

  /** What was checked is no longer what the form holds. */
  function forget(): void {
    changing.abort()
    preview = undefined
    requestRender()
  }

  function importView({ created, updated, cell_error_count }: ImportResult): TemplateResult {
    if (cell_error_count > 0)
      return html`<p class="wrong">Correct these cells in the spreadsheet, then check it again.</p>`
    if (created + updated === 0) return html`<p>There is nothing to import.</p>`
    return html`<p>
      <button
        class="primary"
        type="button"
        aria-disabled=${importing.isBusy ? 'true' : 'false'}
        @click=${() => void importing.run(run)}
      >
        Import ${counted(created + updated, 'product')}
      </button>
    </p>`
  }
}

const progressView = ({ done, of }: { done: number; of: number }) =>
  html`<p>
    <label for="progress">${done} of ${of} products</label>
    <progress id="progress" max=${of} value=${done}></progress>
  </p>`

function previewView(result: ImportResult): TemplateResult {
  const { format, rows, created, updated, unchanged, new_categories, picture_count } = result
  return html`
    <h2>Preview</h2>
    <p>
      ${counted(rows, 'row')}, read as a file of ${FORMATS[format]}: ${created} to create, ${updated} to
      change, ${unchanged} as they are.
      ${new_categories.length > 0 ? `New categories: ${new_categories.join(', ')}.` : ''}
    </p>
    ${notesView('Errors', result.cell_errors, result.cell_error_count)}
    ${notesView('Warnings', result.warnings, result.warning_count)}
    ${notesView('Left out', result.skipped, result.skipped_count)}
    ${
      picture_count > 0
        ? html`<p>
            The file names pictures of ${counted(picture_count, 'product')}. They are not fetched: add them to
            the products afterwards.
          </p>`
        : nothing
    }
    ${
      result.changes.length > 0
        ? table(
            'Changes',
            [['Row', 'number'], ['Product'], ['Change'], ['Stock', 'number']],
            result.changes.map(
              ({ row, name, product_id, fields, stock_before, stock_after }) =>
                html`<tr>
                  <td class="number">${row}</td>
                  <th scope="row">${name}</th>
                  <td>${product_id === null ? 'New' : fields.join(', ')}</td>
                  <td class="number">
                    ${stock_before === null || stock_before === stock_after ? nothing : `${stock_before} → `}${stock_after}
                  </td>
                </tr>`,
            ),
          )
        : nothing
    }
    ${
      created + updated > result.changes.length
        ? html`<p>And ${created + updated - result.changes.length} more.</p>`
        : nothing
    }
  `
}

function notesView(title: string, notes: readonly RowNote[], count: number): TemplateResult | typeof nothing {
  if (count === 0) return nothing
  return html`
    <h3>${title}: ${count}</h3>
    <ul>
      ${notes.map(
        ({ row, column, message }) =>
          html`<li>Row ${row}${column === null ? '' : `, ${column}`}: ${message}</li>`,
      )}
    </ul>
    ${count > notes.length ? html`<p>And ${count - notes.length} more.</p>` : nothing}
  `
}
