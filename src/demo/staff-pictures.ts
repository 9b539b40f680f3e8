import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { Picture, Product } from '../client/kiosk.ts'
import { ConfirmButton, type Entered, field, Form } from './form.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import type { Loading } from './loading.ts'
import { notify } from './notices.ts'
import { photo } from './picture.ts'
import { requestRender } from './rendering.ts'
import { shop } from './session.ts'

const TYPES = ['image/jpeg', 'image/png', 'image/webp']
const MAX_MEBIBYTES = 8
/** What the shop says of a path that it does not have, such as those of pictures where it stores none. */
const NO_SUCH_PATH = 'There is nothing here.'

/** The pictures of a product on its page for staff: to add, describe, move and remove. */
export class PictureEditor {
  readonly #product_id: number
  readonly #product: Loading<Product>
  readonly #adding = new Form()
  readonly #moving = new Form()
  readonly #controls = new Map<number, { describing: Form; removing: ConfirmButton }>()
  #isOver = false
  #progress = ''
  /** The file that is being added, and those after it. */
  readonly #waiting: File[] = []
  /** By file. */
  readonly #keys = new Map<string, IdempotencyKey>()
  /** The files that cannot be sent. */
  #refused: string[] = []

  constructor(product_id: number, product: Loading<Product>) {
    this.#product_id = product_id
    this.#product = product
  }

  view({ pictures }: Product): TemplateResult {
    return html`<section class="pictures" aria-labelledby="pictures">
      <h2 id="pictures">Pictures</h2>
      ${pictures.length === 0 ? html`<p>No pictures yet.</p>` : nothing}
      <ol>
        ${repeat(
          pictures,
          ({ id }) => id,
          (picture, index) => this.#pictureView(picture, index, pictures.length),
        )}
      </ol>
      ${this.#problemView(this.#moving)} ${this.#dropView()}
    </section>`
  }

  #pictureView(picture: Picture, index: number, count: number): TemplateResult {
    const { id, alt } = picture
    const { describing, removing } = this.#controlsOf(id)
    const move = (by: number, label: string, name: string) =>
      html`<button
        type="button"
        id="${name}-${id}"
        aria-label="Move picture ${index + 1} ${name}"
        aria-disabled=${index + by < 0 || index + by === count ? 'true' : 'false'}
        @click=${() => void this.#move(picture, index + by, count, name)}
      >
        ${label}
      </button>`
    return html`<li>
      ${photo({ ...picture, alt: alt || `Picture ${index + 1}` }, '7rem')}
      <div>
        <form @submit=${describing.send((entered: Entered<string>) => this.#describe(picture, entered))}>
          ${field(describing, altOf(id), `What picture ${index + 1} shows`, {
            value: alt,
            maxlength: 500,
            required: false,
          })}
          <button>Save</button>
        </form>
        ${this.#problemView(describing)}
        <div class="moves">
          ${move(-1, '↑ Earlier', 'earlier')} ${move(1, '↓ Later', 'later')} ${removing.view()}
        </div>
      </div>
    </li>`
  }

  #controlsOf(id: number) {
    const known = this.#controls.get(id)
    if (known) return known
    const controls = {
      describing: new Form(),
      removing: new ConfirmButton('Remove', 'Yes, remove this picture', () => this.#remove(id)),
    }
    this.#controls.set(id, controls)
    return controls
  }

  #dropView(): TemplateResult {
    const over = (isOver: boolean) => (event: DragEvent) => {
      event.preventDefault()
      this.#isOver = isOver
      requestRender()
    }
    const drop = (event: DragEvent) => {
      over(false)(event)
      void this.#addAll([...(event.dataTransfer?.files ?? [])])
    }
    const choose = (event: Event) => {
      const input = event.currentTarget as HTMLInputElement
      const files = [...(input.files ?? [])]
      input.value = '' // so that the same file can be chosen again
      void this.#addAll(files)
    }
    return html`
      <p
        class="drop ${this.#isOver ? 'over' : ''}"
        @dragover=${over(true)}
        @dragleave=${over(false)}
        @drop=${drop}
      >
        <label for="add-pictures">Add pictures</label>
        <input id="add-pictures" type="file" multiple accept=${TYPES.join(',')} @change=${choose} />
        <small>Drop JPEG, PNG or WebP files here, or choose them: at most ${MAX_MEBIBYTES} MiB each.</small>
      </p>
      <p role="status">${this.#progress}</p>
      ${this.#refused.map((refusal) => html`<p class="wrong" role="alert">${refusal}</p>`)}
      ${this.#problemView(this.#adding)}
    `
  }

  /** One after the other, in their order; the first that the shop refuses is the last. */
  async #addAll(files: readonly File[]): Promise<void> {
    const fitting = files.filter(({ size }) => size <= MAX_MEBIBYTES * 1024 * 1024)
    this.#refused = files
      .filter((file) => !fitting.includes(file))
      .map(({ name }) => `${name} is larger than ${MAX_MEBIBYTES} MiB.`)
    this.#waiting.push(...fitting)
    requestRender()
    if (this.#adding.isBusy) return // the call under way adds these as well
    await this.#adding.run(() => this.#addWaiting())
    const left = this.#waiting.splice(0)
    if (left.length > 0) this.#progress = `Not added: ${left.map(({ name }) => name).join(', ')}.`
    requestRender()
  }

  async #addWaiting(): Promise<void> {
    this.#progress = ''
    for (let added = 0; this.#waiting.length > 0; added += 1) {
      const file = this.#waiting[0]!
      this.#progress = `Adding ${file.name}, ${added + 1} of ${added + this.#waiting.length} …`
      requestRender()
      const { products } = shop.admin
      this.#product.set(
        await this.#keyOf(file).send((withKey) => products.addPicture(this.#product_id, file, withKey)),
      )
      this.#waiting.shift()
      this.#progress = 'Added.'
    }
  }

  /** A file that is chosen again, because it is unknown whether it was added, has the same key. */
  #keyOf({ name, size, lastModified }: File): IdempotencyKey {
    const file = [name, size, lastModified].join()
    const key = this.#keys.get(file) ?? new IdempotencyKey()
    this.#keys.set(file, key)
    return key
  }

  async #describe({ id }: Picture, entered: Entered<string>): Promise<void> {
    const { products } = shop.admin
    this.#product.set(await products.updatePicture(this.#product_id, id, { alt: entered[altOf(id)] }))
    notify('Saved.')
  }

  async #move({ id }: Picture, index: number, count: number, name: string): Promise<void> {
    if (index < 0 || index === count) return
    await this.#moving.run(async () => {
      const { products } = shop.admin
      this.#product.set(await products.updatePicture(this.#product_id, id, { position: index + 1 }))
      notify(`The picture is now ${index + 1} of ${count}.`)
    })
    document.getElementById(`${name}-${id}`)?.focus() // which moved with its picture
  }

  async #remove(id: number): Promise<void> {
    await shop.admin.products.removePicture(this.#product_id, id)
    await this.#product.reload()
    notify('The picture has been removed.')
    document.getElementById('add-pictures')?.focus()
  }

  #problemView(form: Form): TemplateResult | typeof nothing {
    return form.problem?.detail === NO_SUCH_PATH
      ? html`<p class="wrong" role="alert">This shop stores no pictures.</p>`
      : form.view()
  }
}

const altOf = (id: number) => `alt-${id}`
