using System.Text.Json.Serialization;

namespace Upscale.Inference;

/// <summary>What a trial of both engines on one network gave.</summary>
/// <param name="OnnxRuntime">Best time of ONNX Runtime in milliseconds.</param>
/// <param name="Native">Best time of the kernels of this program in milliseconds.</param>
/// <param name="Difference">Largest difference of the results as a part of the largest value, and at least of 1.</param>
internal sealed record EngineTimes(double OnnxRuntime, double Native, double Difference)
{
    private const double Tolerance = 1e-3;

    /// <summary>True when both give the same.</summary>
    [JsonIgnore]
    public bool Agree => Difference <= Tolerance;

    /// <summary>True when the kernels are not the slower ones.</summary>
    [JsonIgnore]
    public bool NativeIsFaster => Native <= OnnxRuntime;
}
