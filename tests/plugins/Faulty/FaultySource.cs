using System.Reflection;
using System.Runtime.CompilerServices;
using Upscale;

namespace Faulty;

/// <summary>The fault comes with the second half of the picture.</summary>
internal sealed class FaultySource(IStripSource input, string fault, IStageServices services) : IStripSource
{
    private bool _done;

    public ImageShape Shape => input.Shape;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        Strip? strip = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (strip is null || strip.Bottom <= Shape.Height / 2 || _done)
            return strip;
        _done = true;
        switch (fault)
        {
            case "throw":
                strip.Dispose();
                throw new FaultException("half way");
            case "cancel":
                strip.Dispose();
                throw new TaskCanceledException("a time-out of its own");
            case "size":
                using (strip)
                    return new Strip(strip.Width + 1, strip.Channels, strip.Top, strip.Height);
            case "short":
                strip.Dispose();
                return null;
            case "nan":
                strip.Row(0, strip.Bottom - 1)[5] = float.NaN;
                return strip;
            case "wait":
                using (strip)
                    await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(false);
                return null;
            case "spin":
                // Never looks at the token.
                for (var end = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < end;)
                    Thread.Sleep(10);
                return strip;
            case "leak":
                _ = new FloatBuffer(1000);
                return strip;
            case "missing":
                strip.Row(0, strip.Top)[0] = Missing(strip.Row(0, strip.Top)[0]);
                return strip;
            case "nosy":
                services.Warn($"others: {Others()}");
                return strip;
            default:
                return strip;
        }
    }

    public ValueTask DisposeAsync() => input.DisposeAsync();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Missing(float value) => Absent.Helper.Same(value);

    /// <summary>Types of other plugins that can be had by their names.</summary>
    private static string Others()
    {
        string[] wanted = ["Toning.ToningStage, Toning", "Turning.TurningStage, Turning", "Upscale.Gan.GanStageFactory, Gan"];
        return string.Join(", ", wanted.Where(name => Type.GetType(name, throwOnError: false) is not null || CanLoad(name.Split(", ")[1])));
    }

    private static bool CanLoad(string assembly)
    {
        try
        {
            return Assembly.Load(new AssemblyName(assembly)) is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
