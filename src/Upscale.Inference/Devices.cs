using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Upscale.Inference;

/// <summary>The devices of this machine. Each was tried with a small network before it is called usable.</summary>
public sealed class Devices
{
    private const int MaxDevicesOfAKind = 16;
    private readonly Lazy<IReadOnlyList<DeviceInfo>> _all;
    private readonly Func<NativeRuntime> _runtime;
    private readonly SessionFactory _sessions;

    internal Devices(Func<NativeRuntime> runtime, SessionFactory sessions)
    {
        _runtime = runtime;
        _sessions = sessions;
        _all = new Lazy<IReadOnlyList<DeviceInfo>>(Probe);
    }

    internal Devices(IReadOnlyList<DeviceInfo> devices)
    {
        _runtime = () => throw new InvalidOperationException("These devices are given, not found.");
        _sessions = new SessionFactory(1, false);
        _all = new Lazy<IReadOnlyList<DeviceInfo>>(devices);
    }

    /// <summary>All devices, best first; of a kind that cannot be used, one that says why. Tried at the first call.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public IReadOnlyList<DeviceInfo> All => _all.Value;

    /// <summary>Finds a device by what a user wrote.</summary>
    /// <param name="name">
    /// <c>Auto</c> for the best usable one, a kind for the first usable one of it, or a full name such as <c>Cuda:1</c>; in any case.
    /// </param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.DeviceNotAvailable"/>: there is none of that name, or it is not usable. Another device is never
    /// taken instead.
    /// </exception>
    public DeviceInfo Resolve(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        name = name.Trim();
        if (Same(name, "Auto"))
            return All.FirstOrDefault(d => d.Usable) ?? throw NotAvailable(name, "no device is usable");
        DeviceInfo[] meant = [.. All.Where(d => Same(d.Name, name) || Same(d.Kind, name))];
        if (meant.FirstOrDefault(d => d.Usable) is { } usable)
            return usable;
        if (meant.FirstOrDefault() is { } unusable)
            throw NotAvailable(name, unusable.Reason!);
        string kind = name.Split(':')[0];
        if (All.FirstOrDefault(d => Same(d.Kind, kind)) is { } sameKind)
            throw NotAvailable(name, sameKind.Usable ? $"there are only {string.Join(", ", All.Where(d => Same(d.Kind, kind)).Select(d => d.Name))}" : sameKind.Reason!);
        throw NotAvailable(name, $"there is no such kind of device; the kinds are Auto, {string.Join(", ", DeviceKind.All.Reverse())}");
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private UpscaleException NotAvailable(string name, string reason)
        => new(
            UpscaleErrorId.DeviceNotAvailable,
            $"The device {name} cannot be used: {reason}. Usable here: {string.Join(", ", All.Where(d => d.Usable).Select(d => d.Name))}.");

    private IReadOnlyList<DeviceInfo> Probe() => [.. DeviceKind.All.SelectMany(ProbeKind)];

    private List<DeviceInfo> ProbeKind(string kind)
    {
        NativeRuntime runtime = _runtime();
        if (MissingReason(kind, runtime) is { } missing)
            return [Unusable(kind, missing)];
        CudaDriver? driver = kind == DeviceKind.Cuda ? CudaDriver.Query() : null;
        List<DeviceInfo> found = [];
        int count = kind is DeviceKind.Cpu or DeviceKind.CoreML ? 1 : driver?.Devices.Count ?? MaxDevicesOfAKind;
        for (int i = 0; i < Math.Max(count, 1); i++)
        {
            if (Try(kind, i) is { } failure)
            {
                // Where nobody tells the number of devices, the first failure after a success is the end of the list.
                if (found.Count == 0 || driver is not null)
                    found.Add(Unusable(kind, failure) with { Index = i, Name = DeviceKind.Name(kind, i) });
                if (driver is null)
                    break;
                continue;
            }

            found.Add(new DeviceInfo
            {
                Name = DeviceKind.Name(kind, i),
                Kind = kind,
                Index = i,
                Description = driver?.Devices[i].Name ?? Describe(kind, i, runtime),
                Usable = true,
                MemoryBytes = kind == DeviceKind.Cpu ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : driver?.Devices[i].MemoryBytes,
            });
        }

        return found;
    }

    private static string? MissingReason(string kind, NativeRuntime runtime)
    {
        if (kind == DeviceKind.DirectML && !OperatingSystem.IsWindows())
            return "DirectML exists on Windows only";
        if (kind == DeviceKind.CoreML && !OperatingSystem.IsMacOS())
            return "CoreML exists on macOS only";
        if (runtime.Providers.Contains(DeviceKind.Provider(kind)))
            return null;
        string advice = kind == DeviceKind.Cuda ? "; build with -p:OnnxRuntimeFlavour=gpu" : "";
        return $"this build of ONNX Runtime has no {kind} provider{advice}";
    }

    private static DeviceInfo Unusable(string kind, string reason)
        => new() { Name = DeviceKind.Name(kind, 0), Kind = kind, Description = Title(kind), Usable = false, Reason = reason };

    private static string Title(string kind) => kind switch
    {
        DeviceKind.Cuda => "NVIDIA graphics card",
        DeviceKind.DirectML => "graphics card by DirectX 12",
        DeviceKind.CoreML => "Apple CPU, GPU and Neural Engine",
        _ => "processor",
    };

    private static string Describe(string kind, int index, NativeRuntime runtime)
    {
        if (kind == DeviceKind.Cpu)
            return $"{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture} processor, {Environment.ProcessorCount} threads";
        OrtEpDevice[] devices = [.. runtime.Environment.GetEpDevices().Where(d => d.EpName == DeviceKind.Provider(kind))];
        return devices.Length > index && devices[index].HardwareDevice.Metadata.Entries.TryGetValue("Description", out string? text) ? text : Title(kind);
    }

    private string? Try(string kind, int index)
    {
        try
        {
            using InferenceSession session = _sessions.LoadStrictly(TrialNetwork.ToOnnx(), kind, index);
            float[] ones = new float[TrialNetwork.Size * TrialNetwork.Size];
            Array.Fill(ones, 1f);
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(ones, [1, 1, TrialNetwork.Size, TrialNetwork.Size]);
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [TrialNetwork.Input], [input], [TrialNetwork.Output]);
            ReadOnlySpan<float> result = outputs[0].GetTensorDataAsSpan<float>();
            for (int i = 0; i < result.Length; i++)
            {
                if (Math.Abs(result[i] - TrialNetwork.Expected(i % TrialNetwork.Size, i / TrialNetwork.Size)) > 0.01f)
                    return "it computed a wrong result for a small network";
            }

            return null;
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            return Explain(kind, exception);
        }
    }

    private static string Explain(string kind, Exception exception)
    {
        string said = RuntimeErrors.Summary(exception);
        if (kind != DeviceKind.Cuda)
            return said;
        if (said.Contains("libcudnn", StringComparison.OrdinalIgnoreCase) || said.Contains("cudnn64", StringComparison.OrdinalIgnoreCase))
            return $"cuDNN is missing: install cuDNN 9 for CUDA where the system finds libraries ({said})";
        if (said.Contains("cannot open shared object", StringComparison.Ordinal) || said.Contains("LoadLibrary", StringComparison.Ordinal))
            return $"a library of CUDA is missing: install the CUDA runtime ({said})";
        if (said.Contains("no CUDA-capable device", StringComparison.OrdinalIgnoreCase) || said.Contains("driver version is insufficient", StringComparison.OrdinalIgnoreCase))
            return $"there is no NVIDIA card, or its driver is too old ({said})";
        return said;
    }
}
