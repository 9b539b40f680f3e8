import { html, nothing, type TemplateResult } from 'lit-html'
import { field, type Form } from './form.ts'

interface Address {
  /** In free text, as guests enter it. */
  address: string | null
  line1: string | null
  line2: string | null
  postal_code: string | null
  city: string | null
  country: string | null
}

interface Recipient extends Address {
  name: string
  phone: string
}

export const emptyRecipient: Recipient = {
  name: '',
  phone: '',
  address: null,
  line1: null,
  line2: null,
  postal_code: null,
  city: null,
  country: null,
}

const FIELDS = ['name', 'phone', 'line1', 'line2', 'postal_code', 'city', 'country'] as const

/** The names of the fields of a recipient; see `recipientFields`. */
export const recipientNames = (within = '') => FIELDS.map((name) => within + name)

/** The entered recipient; its address is in fields alone. */
export function recipientIn(entered: Record<string, string>, within = '') {
  const of = (name: (typeof FIELDS)[number]) => entered[within + name]?.trim() || null
  return {
    name: of('name') ?? '',
    phone: of('phone') ?? '',
    address: null,
    line1: of('line1'),
    line2: of('line2'),
    postal_code: of('postal_code'),
    city: of('city'),
    country: of('country'),
  }
}

/** The fields of a recipient. `within` prefixes their names with a field of the body, such as `ship_to.`. */
export function recipientFields(
  form: Form,
  { name, phone, address, line1, line2, postal_code, city, country }: Recipient,
  { within = '', needsAddress = true } = {},
): TemplateResult {
  const optional = (key: string, label: string, value: string | null, more: object) =>
    field(form, within + key, label, { value: value ?? '', required: false, ...more })
  return html`
    ${field(form, `${within}name`, 'Name', { value: name, autocomplete: 'name', maxlength: 255 })}
    ${field(form, `${within}phone`, 'Phone', { type: 'tel', value: phone, autocomplete: 'tel', maxlength: 40 })}
    ${field(form, `${within}line1`, 'Address', {
      value: line1 ?? address?.replaceAll('\n', ', ') ?? '',
      autocomplete: 'address-line1',
      maxlength: 200,
      required: needsAddress,
    })}
    ${optional('line2', 'Apartment or floor', line2, { autocomplete: 'address-line2', maxlength: 200 })}
    ${optional('postal_code', 'Postal code', postal_code, { autocomplete: 'postal-code', maxlength: 20 })}
    ${optional('city', 'City', city, { autocomplete: 'address-level2', maxlength: 200 })}
    ${optional('country', 'Country', country, {
      autocomplete: 'country',
      maxlength: 2,
      hint: 'Two letters, such as DE',
    })}
  `
}

/** An address, a line each. */
export function addressView({
  address,
  line1,
  line2,
  postal_code,
  city,
  country,
}: Address): TemplateResult | typeof nothing {
  const place = [postal_code, city].filter(Boolean).join(' ')
  const lines = [address, line1, line2, place, country].filter(Boolean)
  return lines.length === 0 ? nothing : html`<span class="lines-of-text">${lines.join('\n')}</span>`
}
