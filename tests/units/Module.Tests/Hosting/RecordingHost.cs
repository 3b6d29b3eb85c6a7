using System.Globalization;
using System.Management.Automation.Host;

namespace Upscale.Module.Tests.Hosting;

/// <summary>An interactive host that keeps what it is shown.</summary>
internal sealed class RecordingHost : PSHost
{
    public RecordingUserInterface Screen { get; } = new();

    public override string Name => "Recording";

    public override Version Version => new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => Screen;

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode)
    {
    }
}
