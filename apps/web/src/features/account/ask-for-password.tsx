/** Whom to ask for a new password where the installation cannot send mail. */
export function AskForPassword({ contact }: { contact: string | null }) {
  return (
    <>
      Ask the administrator of this installation for a link to set a new one
      {contact ? (
        <>
          : <span className="wrap-anywhere font-medium">{contact}</span>
        </>
      ) : (
        '.'
      )}
    </>
  );
}
