import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { Category } from '../client/kiosk.ts'
import { type Entered, field, Form, submit } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import { Loading } from './loading.ts'
import { notify } from './notices.ts'
import type { Page } from './page.ts'
import { counted } from './plural.ts'
import { shop } from './session.ts'
import { staffNav } from './staff-nav.ts'
import { requestRender } from './rendering.ts'

export function staffCategoriesPage(): Page {
  const categories = new Loading(() => Array.fromAsync(shop.admin.categories.list({ page_size: 100 })))
  const [adding, editing] = [new Form(), new Form()]
  const key = new IdempotencyKey()
  let edited: Category | undefined

  async function add({ name, description }: Entered<'name' | 'description'>): Promise<void> {
    await key.send((withKey) => shop.admin.categories.create({ name, description }, withKey))
    await categories.reload()
    notify(`${name} has been created.`)
  }

  async function save({
    'edit-name': name,
    'edit-description': description,
  }: Entered<'edit-name' | 'edit-description'>): Promise<void> {
    const saved = edited!
    await shop.admin.categories.update(saved.id, { name, description })
    if (edited === saved) edited = undefined
    await categories.reload()
  }

  const remove = ({ id, name }: Category) =>
    editing.run(async () => {
      await shop.admin.categories.delete(id)
      await categories.reload()
      notify(`${name} has been deleted.`)
    })

  function edit(category: Category | undefined): void {
    edited = category
    editing.problem = undefined
    requestRender()
    queueMicrotask(() => document.getElementById('edit-name')?.focus())
  }

  return {
    title: 'Categories',
    view: () => html`
      ${staffNav('/staff/categories')}
      <h1 tabindex="-1">Categories</h1>
      <div class="columns">
        <section aria-labelledby="add">
          <h2 id="add">New category</h2>
          <form @submit=${adding.send(add)}>
            ${field(adding, 'name', 'Name', { maxlength: 255 })}
            ${field(adding, 'description', 'Description', { rows: 2, required: false, maxlength: 10_000 })}
            ${adding.view('name', 'description')} ${submit(adding, 'Create category')}
          </form>
        </section>
        <section aria-label="All categories">
          ${edited ? nothing : editing.view()}
          ${categories.view(
            (list) =>
              html`<ul class="categories">
                ${repeat(
                  list,
                  ({ id }) => id,
                  (each) => (edited?.id === each.id ? editView(each) : categoryView(each)),
                )}
              </ul>`,
          )}
        </section>
      </div>
    `,
  }

  function categoryView(each: Category): TemplateResult {
    const { name, description, product_count } = each
    return html`<li>
      <span
        ><strong>${name}</strong> <small>${counted(product_count, 'product')}</small
        ><br />${description}</span
      >
      <span>
        <button type="button" class="quiet" aria-label="Edit ${name}" @click=${() => edit(each)}>Edit</button>
        ${
          product_count === 0
            ? html`<button
                type="button"
                class="quiet"
                aria-label="Delete ${name}"
                aria-disabled=${editing.isBusy ? 'true' : 'false'}
                @click=${() => void remove(each)}
              >
                Delete
              </button>`
            : nothing
        }
      </span>
    </li>`
  }

  function editView({ name, description }: Category): TemplateResult {
    return html`<li>
      <form @submit=${editing.send(save)}>
        ${field(editing, 'edit-name', 'Name', { value: name, maxlength: 255 })}
        ${field(editing, 'edit-description', 'Description', { value: description, rows: 2, required: false })}
        ${editing.view()} ${submit(editing, 'Save')}
        <button type="button" class="quiet" @click=${() => edit(undefined)}>Cancel</button>
      </form>
    </li>`
  }
}
