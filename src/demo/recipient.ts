import { html, type TemplateResult } from 'lit-html'
import { field, type Form } from './form.ts'

interface Recipient {
  name: string
  phone: string
  address: string | null
}

/** Whom something goes to, and where. `within` is the field of the body that they belong to, with its dot. */
export function recipientFields(
  form: Form,
  { name, phone, address }: Recipient,
  { within = '', needsAddress = true } = {},
): TemplateResult {
  return html`
    ${field(form, `${within}name`, 'Name', { value: name, autocomplete: 'name', maxlength: 255 })}
    ${field(form, `${within}phone`, 'Phone', { type: 'tel', value: phone, autocomplete: 'tel', maxlength: 20 })}
    ${field(form, `${within}address`, 'Address', {
      value: address ?? '',
      autocomplete: 'street-address',
      maxlength: 500,
      rows: 3,
      required: needsAddress,
    })}
  `
}
