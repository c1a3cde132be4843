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

function focusOn(group, action) {
  const all = group.querySelectorAll('[data-row]')
  const row = action.startsWith('add:') ? all[all.length - 1] : group.querySelector('[data-rows-heading]')
  const target = row?.matches('[data-row]') ? row.querySelector('legend') : row
  if (!target) return
  target.tabIndex = -1
  target.focus()
  target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true })
}
