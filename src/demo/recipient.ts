import { html, type TemplateResult } from 'lit-html'
import { field, type Form } from './form.ts'

interface Recipient {
  name: string
  phone: string
  address: string | null
}

/** The fields of a recipient. `within` prefixes their names with a field of the body, such as `ship_to.`. */
export function recipientFields(
  form: Form,
  { name, phone, address }: Recipient,
  { within = '', needsAddress = true } = {},
): TemplateResult {
  return html`
    ${field(form, `${within}name`, 'Name', { value: name, autocomplete: 'name', maxlength: 255 })}
    ${field(form, `${within}phone`, 'Phone', { type: 'tel', value: phone, autocomplete: 'tel', maxlength: 40 })}
    ${field(form, `${within}address`, 'Address', {
      value: address ?? '',
      autocomplete: 'street-address',
      maxlength: 500,
      rows: 3,
      required: needsAddress,
    })}
  `
}
