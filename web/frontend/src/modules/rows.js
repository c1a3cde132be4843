// "Add another" and "Remove" without leaving the page. The buttons submit the form, which works by itself; here the
// same request is made in the background and only the group is replaced by what the server answered.
export function rows(form, { onReplaced }) {
  form.addEventListener('submit', async (event) => {
    const button = event.submitter
    const group = button?.closest('[data-rows]')
    if (!group || !/^(add|remove):/.test(button.value)) return
    event.preventDefault()
    const body = new FormData(form)
    body.append(button.name, button.value)
    try {
      const response = await fetch(form.getAttribute('action') || location.href, { method: 'POST', body, headers: { Accept: 'text/html' } })
      const page = new DOMParser().parseFromString(await response.text(), 'text/html')
      const fresh = page.getElementById(group.id)
      if (!response.ok || !fresh) throw new Error('The answer holds no such group')
      adopt(form, page)
      group.replaceWith(fresh)
      onReplaced(fresh)
      forget(fresh)
      focusOn(fresh, button.value)
    } catch {
      const hidden = Object.assign(document.createElement('input'), { type: 'hidden', name: button.name, value: button.value })
      form.append(hidden)
      HTMLFormElement.prototype.submit.call(form) // without this listener: the plain way
    }
  })
}

// What the server knows better: tokens that are new with each page, and which questions are asked now.
function adopt(form, page) {
  for (const wrapper of form.querySelectorAll('[data-shown-if]')) {
    const fresh = page.querySelector(`[data-shown-if="${CSS.escape(wrapper.dataset.shownIf)}"]`)
    if (fresh) wrapper.className = fresh.className
  }
  for (const input of form.querySelectorAll('input[type="hidden"][data-renewed]')) {
    const fresh = page.querySelector(`input[type="hidden"][name="${input.name}"]`)
    if (fresh) input.value = fresh.value
  }
}

// What was wrong in the group is looked at again when the form is sent; a removed row is named no more.
function forget(group) {
  const summary = document.querySelector('.govuk-error-summary')
  for (const link of summary?.querySelectorAll('a[href^="#"]') ?? []) {
    const wrong = link.getAttribute('href').slice(1)
    if (wrong === group.id || wrong.startsWith(`${group.id}-`)) link.closest('li').remove()
  }
  if (!summary || summary.querySelector('li')) return
  summary.remove()
  document.title = document.title.replace(/^Error: /, '')
}

// The row that was added, or the one that took the removed one's place; the last, or the button, where there is none.
function focusOn(group, action) {
  const [verb, , which] = action.split(':')
  const legends = group.querySelectorAll('[data-row] > legend')
  const last = legends.length - 1
  const target =
    legends[verb === 'add' ? last : Math.min(Number(which), last)] ?? group.querySelector('button[value^="add:"]')
  if (!target) return
  if (target.matches('button')) return target.focus()
  target.tabIndex = -1
  target.focus()
  target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true })
}
