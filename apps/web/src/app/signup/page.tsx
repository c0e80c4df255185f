import { AccountForm } from '../../features/account/account-form.tsx';

export default function Page() {
  return <AccountForm purpose="signup" />;
}
