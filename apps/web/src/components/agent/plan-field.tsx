import { t } from '@lingui/core/macro';
import { useMe } from '../../lib/hooks/use-me.ts';
import { usePlans } from '../../lib/hooks/use-plans.ts';
import { coveredPlans, defaultPlan, planOptions } from '../../lib/plans.ts';
import { SelectField } from '../ui/field.tsx';

/** The select of an agent's plan, with what the agent gets on this host. @param saved the plan of an existing agent */
export function PlanField({ saved }: { saved?: string }) {
  const { data: sale } = usePlans();
  const { data: me } = useMe();
  const covered = sale && me && coveredPlans(sale.plans, me);
  const offered = sale?.plans.filter((offer) => offer.plan === saved || covered?.includes(offer)) ?? [];
  const isLimited = offered.some(({ limitedByHost }) => limitedByHost);
  return (
    <SelectField
      // The choices arrive after the form: only then can the select have a value.
      key={offered.length}
      label={t`Plan`}
      name="plan"
      disabled={offered.length === 0}
      defaultValue={saved ?? (sale && me && defaultPlan(sale.plans, me))}
      options={planOptions(offered)}
      hint={
        isLimited
          ? t`Memory and CPUs are those of one agent on this host, at most what your account’s plan covers. This host has less than the largest plans allow`
          : t`Memory and CPUs are those of one agent on this host, at most what your account’s plan covers`
      }
    />
  );
}
