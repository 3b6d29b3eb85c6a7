using System.CommandLine;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale devices</c>: what can run networks here, and why the rest cannot.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a device, one a line." };
        var command = new Command("devices", "List the devices, and why those that cannot be used cannot.") { json };
        command.SetAction(arguments =>
        {
            IReadOnlyList<DeviceInfo> devices = UpscaleEngine.Default.Devices;
            if (arguments.GetValue(json))
            {
                foreach (DeviceInfo device in devices)
                    JsonLines.Write(device);
            }
            else
            {
                TextTable.Write(["device", "usable", "why not"], devices.Select(d => (string[])[d.Name, d.Usable ? "yes" : "no", d.Reason ?? ""]));
            }

            return ExitCode.Done;
        });
        return command;
    }
}
