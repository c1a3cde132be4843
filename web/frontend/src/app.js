import { createAll } from 'govuk-frontend/dist/govuk/init.mjs'
import { Button } from 'govuk-frontend/dist/govuk/components/button/button.mjs'
import { CharacterCount } from 'govuk-frontend/dist/govuk/components/character-count/character-count.mjs'
import { ErrorSummary } from 'govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs'
import { NotificationBanner } from 'govuk-frontend/dist/govuk/components/notification-banner/notification-banner.mjs'
import { ServiceNavigation } from 'govuk-frontend/dist/govuk/components/service-navigation/service-navigation.mjs'
import { SkipLink } from 'govuk-frontend/dist/govuk/components/skip-link/skip-link.mjs'

import { autosave } from './modules/autosave.js'
import { centre } from './modules/centre.js'
import { conditional } from './modules/conditional.js'
import { printing } from './modules/printing.js'
import { reveal } from './modules/reveal.js'
import { rows } from './modules/rows.js'

for (const component of [Button, CharacterCount, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink]) {
  createAll(component)
}
printing(document)
centre(document)

for (const form of document.querySelectorAll('form[data-module="lscp-form"]')) {
  const revealed = reveal(form)
  const refresh = conditional(form)
  const save = autosave(form, { onAnswer: refresh.offered })
  rows(form, {
    onReplaced(part) {
      createAll(CharacterCount, undefined, part)
      revealed()
      refresh.all()
      save.soon()
    }
  })
}
